import { useEffect, useState } from 'react';
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

/** The present, renewed every `everyMs` while the tab is visible. */
export const useNow = (everyMs: number): Date => {
  const [now, setNow] = useState(() => new Date());
  const isVisible = useIsTabVisible();
  useEffect(() => {
    if (!isVisible) return undefined;
    setNow(new Date());
    return subscribe(everyMs, () => setNow(new Date()));
  }, [everyMs, isVisible]);
  return now;
};
