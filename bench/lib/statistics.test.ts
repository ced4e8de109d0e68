import { expect, test } from 'vitest';
import { median, percentile, summarize } from './statistics.ts';

test('a percentile is the smallest value that as many values do not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile([7], 0.01)).toBe(7);
});

test('the median of an even number of values is one of them', () => {
  expect(median([4, 1, 3, 2])).toBe(2);
});

test('values are left in their order', () => {
  const values = [3, 1, 2];
  summarize(values);
  expect(values).toEqual([3, 1, 2]);
});

test('nothing measured is not a number, never zero', () => {
  expect(median([])).toBeNaN();
  expect(summarize([])).toEqual({ count: 0, p50: Number.NaN, p99: Number.NaN, max: Number.NaN });
});
