import { expect, test } from 'vitest';
import { backoffMs } from './presence.ts';

test('the pause after a failure doubles up to a minute, and half of it is chance', () => {
  const longest = (failures: number) => backoffMs(failures, () => 1);
  expect([0, 1, 2, 3].map(longest)).toEqual([1000, 2000, 4000, 8000]);
  expect(longest(6)).toBe(60_000);
  expect(longest(1e6)).toBe(60_000);
  expect(backoffMs(6, () => 0)).toBe(30_000);
});
