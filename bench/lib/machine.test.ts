import { expect, test } from 'vitest';
import { parseCpuTimes } from './machine.ts';

test('waiting for the disk counts as idle, and time of guests is not counted twice', () => {
  const text = 'cpu  100 5 50 800 40 1 2 2 30 0\ncpu0 50 2 25 400 20 0 1 1 15 0\n';
  expect(parseCpuTimes(text)).toEqual({ idle: 840, total: 1000 });
});
