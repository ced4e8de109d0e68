import { expect, test } from 'vitest';
import { arrowTarget } from './arrow-target.ts';

/** Five cells, three in a row. */
const PLACES = [0, 1, 2, 3, 4].map((index) => ({ left: (index % 3) * 100, top: Math.floor(index / 3) * 50 }));

test.each([
  ['ArrowRight', 0, 1],
  ['ArrowRight', 2, 3],
  ['ArrowLeft', 0, undefined],
  ['ArrowDown', 1, 4],
  ['ArrowDown', 2, undefined],
  ['ArrowUp', 4, 1],
  ['Home', 4, 0],
  ['End', 0, 4],
  ['Tab', 0, undefined],
  ['ArrowRight', -1, undefined],
])('%s from cell %i leads to %s', (key, from, to) => {
  expect(arrowTarget(key, from, PLACES)).toBe(to);
});
