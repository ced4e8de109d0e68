import { expect, test } from 'vitest';
import { topOf } from './chart-spec.ts';

test('ratios stand on few steps and never above one', () => {
  expect([0, 0.03, 0.09, 0.4, 0.95, 1].map((max) => topOf('ratio', max, null))).toEqual([0.05, 0.05, 0.25, 0.5, 1, 1]);
});

test('a known limit is the top, and an unknown one is not', () => {
  expect(topOf('bytes', 2 ** 20, 2 ** 33)).toBe(2 ** 33);
  expect(topOf('bytes', 2 ** 30, null)).toBeGreaterThan(2 ** 30);
});

test('an idle chart keeps a scale on which noise looks small', () => {
  expect(topOf('bytesPerSecond', 3, null)).toBe(1024);
  expect(topOf('bytesPerSecond', null, null)).toBe(1024);
});
