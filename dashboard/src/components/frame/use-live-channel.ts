import { useEffect, useState } from 'react';
import { useSessionKeeper } from '../../hooks/use-session-keeper.ts';
import type { Live } from '../../lib/live.ts';
import { createLive } from '../../lib/live.ts';

/** Opens the tab's one live channel for as long as the frame is on screen, and tells it about visibility and network. */
export const useLiveChannelOfTab = (): Live => {
  const keeper = useSessionKeeper();
  const [live] = useState(() =>
    createLive({
      fetch: keeper.fetch,
      setTimeout: (run, ms) => setTimeout(run, ms),
      clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
      random: Math.random,
    }),
  );
  useEffect(() => {
    const tellVisibility = () => live.setVisible(document.visibilityState === 'visible');
    const tellOnline = () => live.setOnline(navigator.onLine);
    live.open();
    tellVisibility();
    document.addEventListener('visibilitychange', tellVisibility);
    globalThis.addEventListener('online', tellOnline);
    globalThis.addEventListener('offline', tellOnline);
    return () => {
      live.close();
      document.removeEventListener('visibilitychange', tellVisibility);
      globalThis.removeEventListener('online', tellOnline);
      globalThis.removeEventListener('offline', tellOnline);
    };
  }, [live]);
  return live;
};
