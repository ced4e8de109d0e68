import { DEFAULT_PREFERENCES, Preferences } from '@serverbox/contract/preferences';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  APPEARANCE_CHOICES,
  APPEARANCE_KEY,
  appearanceAttributes,
  createAppearance,
  DEFAULT_APPEARANCE,
  parseAppearance,
} from './appearance.ts';

const mediaOf = (matches: boolean) => {
  const media = Object.assign(new EventTarget(), { matches });
  return media as unknown as MediaQueryList & { matches: boolean };
};

const open = (prefersLight = mediaOf(false)) =>
  createAppearance({ root: document.documentElement, storage: localStorage, prefersLight, themeColor: null });

beforeEach(() => localStorage.clear());
afterEach(() => {
  for (const name of Object.keys(document.documentElement.dataset)) delete document.documentElement.dataset[name];
});

test('the choices and defaults are those of the contract', () => {
  const choices = Object.fromEntries(Object.entries(Preferences.shape).map(([name, shape]) => [name, shape.options]));
  expect(APPEARANCE_CHOICES).toEqual(choices);
  expect(DEFAULT_APPEARANCE).toEqual(DEFAULT_PREFERENCES);
});

test('a change applies to the document at once and is remembered', () => {
  const appearance = open();
  appearance.set({ ...DEFAULT_APPEARANCE, theme: 'light', accent: 'rose', density: 'compact' });
  expect(document.documentElement.dataset).toMatchObject({ theme: 'light', accent: 'rose', density: 'compact' });
  expect(open().get().accent).toBe('rose');
});

test('the system theme follows the device while the page is open', () => {
  const media = mediaOf(false);
  const appearance = open(media);
  const heard = vi.fn();
  appearance.subscribe(heard);
  appearance.set({ ...DEFAULT_APPEARANCE, theme: 'system' });
  expect(appearance.resolvedTheme()).toBe('dark');
  media.matches = true;
  media.dispatchEvent(new Event('change'));
  expect(document.documentElement.dataset.theme).toBe('light');
  expect(appearance.resolvedTheme()).toBe('light');
  expect(heard).toHaveBeenCalledTimes(2);
});

test.each([null, '', '{', '42', 'null', '{"theme":"neon","accent":7}'])(
  'a damaged memory (%s) means the defaults',
  (text) => {
    expect(parseAppearance(text)).toEqual(DEFAULT_APPEARANCE);
  },
);

test('another tab of the same browser takes over a change', () => {
  const appearance = open();
  const newValue = JSON.stringify({ ...DEFAULT_APPEARANCE, accent: 'cyan' });
  window.dispatchEvent(new StorageEvent('storage', { key: APPEARANCE_KEY, newValue }));
  expect(appearance.get().accent).toBe('cyan');
});

test('a font size of the preferences becomes the attribute that the tokens answer to', () => {
  expect(appearanceAttributes({ ...DEFAULT_APPEARANCE, fontSize: 'large' }, false)).toMatchObject({
    fontSize: 'large',
  });
});
