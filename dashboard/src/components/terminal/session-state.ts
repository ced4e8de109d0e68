import type { LinkState } from './terminal-link.ts';

export interface SessionState {
  link: LinkState;
  /** What the program called its window: hostile text, only ever a tab's second line. */
  title: string;
  isCtrlHeld: boolean;
  /** A paste and a link that wait for consent; a word about something that just happened. */
  pendingPaste: string | null;
  pendingLink: string | null;
  notice: string | null;
  hits: { position: number; count: number } | null;
}

export interface StateStore {
  get(): SessionState;
  set(change: Partial<SessionState>): void;
  subscribe(listener: () => void): () => void;
}

const START: SessionState = {
  link: { is: 'connecting' },
  title: '',
  isCtrlHeld: false,
  pendingPaste: null,
  pendingLink: null,
  notice: null,
  hits: null,
};

export const createStateStore = (): StateStore => {
  let current = START;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set: (change) => {
      current = { ...current, ...change };
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
