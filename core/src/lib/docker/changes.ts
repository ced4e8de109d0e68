/** The engine's events as a row follows them: which containers to read again, and each event once. */
import type { ContainerId } from '@serverbox/contract/ids';
import type { EngineEvent } from './replies.ts';

const MAX_REMEMBERED = 1024;

/** Knows the last events, so that a resumed stream, which repeats some, tells none of them twice. */
export interface EventMemory {
  /** True the first time. */
  isNew(event: EngineEvent): boolean;
  /** By the engine's clock; a little early, because the nanoseconds do not fit a double. Undefined before any event. */
  resumeAt(): Date | undefined;
}

export const createEventMemory = (): EventMemory => {
  const seen = new Set<string>();
  let lastAtMs: number | undefined;
  return {
    isNew: (event) => {
      const key = `${event.timeNano}/${event.Actor.ID}/${event.Action}`;
      if (seen.has(key)) return false;
      seen.add(key);
      const [oldest] = seen;
      if (seen.size > MAX_REMEMBERED && oldest !== undefined) seen.delete(oldest);
      lastAtMs = Math.max(lastAtMs ?? 0, event.timeNano / 1e6);
      return true;
    },
    resumeAt: () => (lastAtMs === undefined ? undefined : new Date(Math.floor(lastAtMs) - 1)),
  };
};

/** Collects ids that were touched and hands them out in batches. */
export interface Touched {
  /** `isNews`: an event said so. Otherwise it is only looked at once more. */
  add(ids: readonly ContainerId[], isNews: boolean): void;
  /** Resolves as soon as there is something. One waiter at a time. */
  some(): Promise<void>;
  take(): { ids: ContainerId[]; news: ContainerId[] };
}

export const createTouched = (): Touched => {
  let ids = new Set<ContainerId>();
  let news = new Set<ContainerId>();
  let wake: (() => void) | undefined;
  return {
    add: (added, isNews) => {
      for (const id of added) {
        ids.add(id);
        if (isNews) news.add(id);
      }
      wake?.();
    },
    some: () =>
      ids.size > 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            wake = resolve;
          }),
    take: () => {
      const taken = { ids: [...ids], news: [...news] };
      ids = new Set();
      news = new Set();
      wake = undefined;
      return taken;
    },
  };
};
