import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { APPEARANCE_CHOICES, APPEARANCE_KEY, appearanceAttributes, parseAppearance } from '../src/lib/appearance.ts';

const script = readFileSync(join(import.meta.dirname, '../public/appearance.js'), 'utf8');

/** Runs the script of the page's head and answers the attributes that it set. */
const attributesOf = (stored: string | null, prefersLight: boolean): Record<string, string> => {
  for (const name of Object.keys(document.documentElement.dataset)) delete document.documentElement.dataset[name];
  localStorage.clear();
  if (stored !== null) localStorage.setItem(APPEARANCE_KEY, stored);
  vi.stubGlobal('matchMedia', () => ({ matches: prefersLight }));
  runInThisContext(script);
  return { ...document.documentElement.dataset } as Record<string, string>;
};

const everyChoice = Object.entries(APPEARANCE_CHOICES).flatMap(([name, choices]) =>
  choices.map((choice) => JSON.stringify({ [name]: choice })),
);

test.each([null, '{broken', 'null', '{"theme":"neon"}', ...everyChoice])(
  'before the first paint, %s is applied exactly as the application does it',
  (stored) => {
    for (const prefersLight of [false, true]) {
      expect(attributesOf(stored, prefersLight)).toEqual(appearanceAttributes(parseAppearance(stored), prefersLight));
    }
  },
);
