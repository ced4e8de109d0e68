import { beforeEach, expect, test, vi } from 'vitest';
import { isMissingChunk, reloadOnMissingChunk } from './reload.ts';

beforeEach(() => sessionStorage.clear());

test('a missing chunk loads the page anew, but not again and again', () => {
  const target = new EventTarget();
  const reload = vi.fn();
  let nowMs = 1_000_000;
  reloadOnMissingChunk({ target, storage: sessionStorage, reload, now: () => nowMs });
  target.dispatchEvent(new Event('vite:preloadError'));
  nowMs += 5000;
  target.dispatchEvent(new Event('vite:preloadError'));
  expect(reload).toHaveBeenCalledTimes(1);
  nowMs += 60_000;
  target.dispatchEvent(new Event('vite:preloadError'));
  expect(reload).toHaveBeenCalledTimes(2);
});

test.each([
  'Failed to fetch dynamically imported module: http://x/assets/a.js',
  'error loading dynamically imported module: http://x/assets/a.js',
  'Importing a module script failed.',
  'Unable to preload CSS for /assets/a.css',
])('"%s" is what a browser says about a missing chunk', (message) => {
  expect(isMissingChunk(new TypeError(message))).toBe(true);
  expect(isMissingChunk(new TypeError('Failed to fetch'))).toBe(false);
});
