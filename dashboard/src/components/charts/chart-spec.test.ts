import { expect, test } from 'vitest';
import { ticksOf, topOf } from './chart-spec.ts';

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

test('an axis has one unit and as many decimals as its steps need', () => {
  const MiB = 2 ** 20;
  expect(ticksOf('bytes', [0, 256 * MiB, 512 * MiB, 768 * MiB, 1024 * MiB])).toEqual([
    '0 GiB',
    '0.25 GiB',
    '0.50 GiB',
    '0.75 GiB',
    '1.00 GiB',
  ]);
  expect(ticksOf('bytesPerSecond', [0, 512, 1024])).toEqual(['0 KiB/s', '0.5 KiB/s', '1.0 KiB/s']);
  expect(ticksOf('ratio', [0, 0.01, 0.02, 0.05])).toEqual(['0 %', '1 %', '2 %', '5 %']);
  expect(ticksOf('ratio', [0, 0.005, 0.01])).toEqual(['0 %', '0.5 %', '1.0 %']);
  expect(ticksOf('cores', [0, 0.02, 0.04])).toEqual(['0', '0.02', '0.04']);
});

test('no two ticks of an axis read alike, at any size', () => {
  for (const unit of ['bytes', 'bytesPerSecond', 'ratio', 'cores', 'number', 'celsius'] as const) {
    for (let power = 0; power < 8; power += 1) {
      const step = unit.startsWith('bytes') ? 2 ** (power * 5) : 10 ** (power - 4) * (unit === 'ratio' ? 0.5 : 10);
      const ticks = ticksOf(unit, [0, step, 2 * step, 3 * step, 4 * step]);
      expect(new Set(ticks).size, `${unit} ${ticks.join(' ')}`).toBe(5);
    }
  }
});
