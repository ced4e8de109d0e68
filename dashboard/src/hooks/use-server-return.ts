import { useEffect, useEffectEvent } from 'react';
import { retryDelayMs } from '../lib/backoff.ts';
import { isServerThere } from '../lib/server-there.ts';

/** While `isGone`, asks the server again and again, with growing pauses, and calls `onReturn` once it answers. */
export const useServerReturn = (isGone: boolean, onReturn: () => void): void => {
  const returned = useEffectEvent(onReturn);
  useEffect(() => {
    if (!isGone) return undefined;
    const abort = new AbortController();
    let attempt = 0;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      const isThere = await isServerThere(abort.signal);
      if (abort.signal.aborted) return;
      if (isThere) returned();
      else schedule();
    };
    const schedule = () => {
      timer = setTimeout(() => void ask(), retryDelayMs(attempt, Math.random, { firstMs: 1000, longestMs: 10_000 }));
      attempt += 1;
    };
    const askNow = () => {
      clearTimeout(timer);
      void ask();
    };
    schedule();
    globalThis.addEventListener('online', askNow);
    return () => {
      abort.abort();
      clearTimeout(timer);
      globalThis.removeEventListener('online', askNow);
    };
  }, [isGone]);
};
