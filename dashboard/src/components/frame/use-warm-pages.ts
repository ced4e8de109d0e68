import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';

/** The page on screen comes first, with all that it loads. */
const SETTLED_MS = 1500;

/**
 * Loads the code of the other pages once the first one has settled: going there is then instant, and still works while the
 * core is away, when a missing chunk would end in the browser's own error page.
 */
export const useWarmPages = (): void => {
  const router = useRouter();
  useEffect(() => {
    const timer = setTimeout(() => {
      // One that fails, as when the page is left under way, says so where it is opened.
      for (const { options } of Object.values(router.routesById))
        options.component?.preload?.()?.catch(() => undefined);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [router]);
};
