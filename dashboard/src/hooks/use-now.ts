import { useEffect, useReducer } from 'react';
import { useIsTabVisible } from './use-tab-visible.ts';

interface Ticker {
  listeners: Set<() => void>;
  timer: ReturnType<typeof setInterval>;
}

/** One timer per interval for the whole tab, so that a thousand ages in a list tick together and in one render. */
const tickers = new Map<number, Ticker>();

const subscribe = (everyMs: number, listener: () => void): (() => void) => {
  const known = tickers.get(everyMs);
  const listeners = known?.listeners ?? new Set<() => void>();
  listeners.add(listener);
  if (known === undefined) {
    const timer = setInterval(() => {
      for (const each of listeners) each();
    }, everyMs);
    tickers.set(everyMs, { listeners, timer });
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(tickers.get(everyMs)?.timer);
    tickers.delete(everyMs);
  };
};

/** The present, of this very render; the next one comes after `everyMs` at most while the tab is visible. */
export const useNow = (everyMs: number): Date => {
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const isVisible = useIsTabVisible();
  useEffect(() => {
    if (!isVisible) return undefined;
    renderAgain();
    return subscribe(everyMs, renderAgain);
  }, [everyMs, isVisible]);
  // Not the last tick's: what has happened since then would lie in the future.
  return new Date();
};
