import { expect, test } from 'vitest';
import { heatOf, levelOf, ratioOf } from './level.ts';

test.each([
  [null, 'unknown', 0],
  [0, 'ok', 1],
  [0.3, 'ok', 2],
  [0.6, 'ok', 3],
  [0.85, 'warning', 4],
  [1, 'critical', 5],
] as const)('%s looks %s on step %i', (ratio, level, heat) => {
  expect([levelOf(ratio), heatOf(ratio)]).toEqual([level, heat]);
});

test('a share of an unknown or empty whole is unknown, not zero', () => {
  expect([ratioOf(1, 4), ratioOf(0, 4), ratioOf(null, 4), ratioOf(1, null), ratioOf(0, 0)]).toEqual([
    0.25,
    0,
    null,
    null,
    null,
  ]);
});
