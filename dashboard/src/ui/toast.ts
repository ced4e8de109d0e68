/** News that needs no answer, shown at the edge. The queue lives outside React, so that anything may speak. */
import { createContext, use } from 'react';
import type { Tone } from './types.ts';

export interface ToastInput {
  tone?: Tone;
  title: string;
  description?: string | undefined;
  action?: { label: string; onSelect: () => void };
}

export interface ToastItem extends ToastInput {
  id: number;
}

export interface ToastQueue {
  show(toast: ToastInput): void;
  /** An error with its sentence and hint: `toast.problem('Could not restart web', problem)`. */
  problem(title: string, problem: { message: string; hint?: string }): void;
  dismiss(id: number): void;
  items(): readonly ToastItem[];
  subscribe(listener: () => void): () => void;
}

/** More than this at once is noise: the oldest gives way. */
const MAX_SHOWN = 4;

/** Starts empty. Items leave by `dismiss`, which the region calls when their time is over. */
export const createToastQueue = (): ToastQueue => {
  let items: readonly ToastItem[] = [];
  let lastId = 0;
  const listeners = new Set<() => void>();
  const set = (next: readonly ToastItem[]) => {
    items = next;
    for (const listener of listeners) listener();
  };
  const show = (toast: ToastInput) => {
    lastId += 1;
    set([...items, { ...toast, id: lastId }].slice(-MAX_SHOWN));
  };
  return {
    show,
    problem: (title, { message, hint }) =>
      show({ tone: 'danger', title, description: hint === undefined ? message : `${message} ${hint}` }),
    dismiss: (id) => set(items.filter((item) => item.id !== id)),
    items: () => items,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

export const ToastContext = createContext<ToastQueue | undefined>(undefined);

/** The queue to speak into: `toast.show({ title })`. */
export const useToast = (): ToastQueue => {
  const queue = use(ToastContext);
  if (queue === undefined) throw new Error('useToast is used outside the application, which provides the queue.');
  return queue;
};
