import { expect, test } from 'vitest';
import { createLatestValues } from './latest.ts';

test('CL-2 after the clock of the core was set back, new values replace those from the hour that comes again', () => {
  let now = new Date('2026-03-01T12:00:00Z');
  const latest = createLatestValues({ now: () => now, monotonicMs: () => 0 });
  const set = (value: number, at: Date) => latest.setReading('a', { values: [value], observedAt: at });
  expect(set(1, now)).toBe(true);
  expect(set(2, new Date(now.getTime() - 5000))).toBe(false);
  now = new Date('2026-03-01T11:00:00Z');
  expect(set(3, now)).toBe(true);
  expect(latest.reading('a')?.values).toEqual([3]);
  expect(set(4, new Date(now.getTime() - 5000))).toBe(false);
});
