import { expect, test } from 'vitest';
import { isHotkey } from './use-hotkey.ts';

const press = (init: KeyboardEventInit) => new KeyboardEvent('keydown', init);

test.each([
  ['mod+k', { key: 'k', ctrlKey: true }, true],
  ['mod+k', { key: 'K', metaKey: true, shiftKey: true }, true],
  ['mod+k', { key: 'k' }, false],
  ['mod+k', { key: 'k', ctrlKey: true, altKey: true }, false],
  ['/', { key: '/' }, true],
  ['/', { key: '/', shiftKey: true }, true],
  ['/', { key: '/', ctrlKey: true }, false],
  ['shift+n', { key: 'N', shiftKey: true }, true],
  ['shift+n', { key: 'n' }, false],
])('%s and %o: %s', (combo, init, expected) => {
  expect(isHotkey(press(init), combo)).toBe(expected);
});
