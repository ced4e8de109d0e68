import { useCallback, useSyncExternalStore } from 'react';

/** Whether a media query holds now, e.g. `useMedia('(min-width: 1024px)')`. */
export const useMedia = (query: string): boolean => {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = matchMedia(query);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
};

/** Below 640 px: bottom bar instead of rail, cards instead of tables. */
export const useIsNarrow = (): boolean => useMedia('(max-width: 639px)');

/** Below 1024 px: the rail is folded to its icons. */
export const useIsTight = (): boolean => useMedia('(max-width: 1023px)');
