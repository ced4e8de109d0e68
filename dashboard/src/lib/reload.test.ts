import { beforeEach, expect, test, vi } from 'vitest';
import { isMissingChunk, reloadOnMissingChunk } from './reload.ts';

beforeEach(() => sessionStorage.clear());

const MISSING = () => new Event('vite:preloadError');

test('a missing chunk loads the page anew, but not again and again', async () => {
  const target = new EventTarget();
  const reload = vi.fn();
  let nowMs = 1_000_000;
  const isServerThere = async () => true;
  reloadOnMissingChunk({ target, storage: sessionStorage, reload, isServerThere, now: () => nowMs });
  target.dispatchEvent(MISSING());
  await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(1));
  nowMs += 5000;
  target.dispatchEvent(MISSING());
  await Promise.resolve();
  expect(reload).toHaveBeenCalledTimes(1);
  nowMs += 60_000;
  target.dispatchEvent(MISSING());
  await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(2));
});

test('while the server is away nothing is loaded anew: the page would be lost', async () => {
  const target = new EventTarget();
  const reload = vi.fn();
  const isServerThere = vi.fn(async () => false);
  reloadOnMissingChunk({ target, storage: sessionStorage, reload, isServerThere, now: () => 1_000_000 });
  target.dispatchEvent(MISSING());
  await vi.waitFor(() => expect(isServerThere).toHaveBeenCalled());
  await Promise.resolve();
  expect(reload).not.toHaveBeenCalled();
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
