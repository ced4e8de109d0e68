import type { Preferences } from '@serverbox/contract/preferences';
import { createContext, use, useSyncExternalStore } from 'react';
import type { Appearance, ResolvedTheme } from '../lib/appearance.ts';

export const AppearanceContext = createContext<Appearance | undefined>(undefined);

/** The appearance of this tab, to change it; to merely follow it use `usePreferences`. */
export const useAppearance = (): Appearance => {
  const appearance = use(AppearanceContext);
  if (appearance === undefined) throw new Error('useAppearance is used outside the application, which provides it.');
  return appearance;
};

/** The preferences in force, renewed the moment that they change. */
export const usePreferences = (): Preferences => {
  const appearance = useAppearance();
  return useSyncExternalStore(appearance.subscribe, appearance.get);
};

/** What "system" means now. */
export const useResolvedTheme = (): ResolvedTheme => {
  const appearance = useAppearance();
  return useSyncExternalStore(appearance.subscribe, appearance.resolvedTheme);
};
