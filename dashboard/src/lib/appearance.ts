/**
 * The user's appearance: attributes on <html> that `styles/variables.css` answers to. The core keeps the truth; the copy in
 * localStorage only lets `public/appearance.js` apply it before the first paint. That file repeats `applyAppearance` in
 * plain JavaScript, and a test holds the two together.
 */
import type { Preferences } from '@serverbox/contract/preferences';

export const APPEARANCE_KEY = 'serverbox.appearance';

/** What each preference may be. The contract says the same; importing its values would bring the schema library along. */
export const APPEARANCE_CHOICES = {
  theme: ['dark', 'light', 'system'],
  accent: ['indigo', 'cyan', 'emerald', 'amber', 'rose'],
  density: ['comfortable', 'compact'],
  fontSize: ['small', 'medium', 'large'],
  radius: ['none', 'small', 'medium', 'large'],
  motion: ['system', 'reduced', 'full'],
} as const satisfies { [K in keyof Preferences]: readonly Preferences[K][] };

/** Before anybody chose: the same as in the contract, held to it by a test. */
export const DEFAULT_APPEARANCE: Preferences = {
  theme: 'dark',
  accent: 'indigo',
  density: 'comfortable',
  fontSize: 'medium',
  radius: 'medium',
  motion: 'system',
};

export type ResolvedTheme = 'dark' | 'light';

const resolveTheme = (theme: Preferences['theme'], prefersLight: boolean): ResolvedTheme => {
  if (theme !== 'system') return theme;
  return prefersLight ? 'light' : 'dark';
};

/** The attributes of <html>, by dataset name. */
export const appearanceAttributes = (preferences: Preferences, prefersLight: boolean): Record<string, string> => ({
  theme: resolveTheme(preferences.theme, prefersLight),
  accent: preferences.accent,
  density: preferences.density,
  fontSize: preferences.fontSize,
  radius: preferences.radius,
  motion: preferences.motion,
});

const chosen = <const T extends string>(given: unknown, choices: readonly T[], fallback: T): T =>
  choices.find((choice) => choice === given) ?? fallback;

/** Unknown or damaged entries become the default: a broken cache must never break the page. */
export const parseAppearance = (text: string | null): Preferences => {
  let given: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text ?? '{}');
    if (typeof parsed === 'object' && parsed !== null) given = parsed as Record<string, unknown>;
  } catch {
    given = {}; // damaged by hand: as if never stored
  }
  return {
    theme: chosen(given.theme, APPEARANCE_CHOICES.theme, DEFAULT_APPEARANCE.theme),
    accent: chosen(given.accent, APPEARANCE_CHOICES.accent, DEFAULT_APPEARANCE.accent),
    density: chosen(given.density, APPEARANCE_CHOICES.density, DEFAULT_APPEARANCE.density),
    fontSize: chosen(given.fontSize, APPEARANCE_CHOICES.fontSize, DEFAULT_APPEARANCE.fontSize),
    radius: chosen(given.radius, APPEARANCE_CHOICES.radius, DEFAULT_APPEARANCE.radius),
    motion: chosen(given.motion, APPEARANCE_CHOICES.motion, DEFAULT_APPEARANCE.motion),
  };
};

/** The preferences in force. `subscribe` also tells when the device changes its own theme. */
export interface Appearance {
  get(): Preferences;
  /** Applies at once and remembers for the next first paint. */
  set(preferences: Preferences): void;
  resolvedTheme(): ResolvedTheme;
  subscribe(listener: () => void): () => void;
}

export interface AppearanceDeps {
  root: HTMLElement;
  storage: Storage;
  prefersLight: MediaQueryList;
  themeColor: HTMLMetaElement | null;
}

/** Opens the appearance of this tab; follows the system's theme and other tabs until the page goes away. */
export const createAppearance = ({ root, storage, prefersLight, themeColor }: AppearanceDeps): Appearance => {
  let current = parseAppearance(storage.getItem(APPEARANCE_KEY));
  const listeners = new Set<() => void>();

  const apply = () => {
    Object.assign(root.dataset, appearanceAttributes(current, prefersLight.matches));
    const background = getComputedStyle(root).getPropertyValue('--bg').trim();
    if (themeColor !== null && background !== '') themeColor.content = background;
    for (const listener of listeners) listener();
  };

  prefersLight.addEventListener('change', apply);
  globalThis.addEventListener('storage', (event) => {
    if (event.key !== APPEARANCE_KEY) return;
    current = parseAppearance(event.newValue);
    apply();
  });
  apply();

  return {
    get: () => current,
    set: (preferences) => {
      current = preferences;
      storage.setItem(APPEARANCE_KEY, JSON.stringify(preferences));
      apply();
    },
    resolvedTheme: () => resolveTheme(current.theme, prefersLight.matches),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
