// @vitest-environment node
import { expect, test } from 'vitest';
import {
  formatBytes,
  formatBytesPerSecond,
  formatCelsius,
  formatCores,
  formatDuration,
  formatNumber,
  formatPercent,
  formatRelative,
} from './format.ts';

test.each([
  [0, '0 B'],
  [1023, '1,023 B'],
  [1024, '1.00 KiB'],
  [1536, '1.50 KiB'],
  [15.26 * 1024 ** 2, '15.3 MiB'],
  [987.4 * 1024 ** 3, '987 GiB'],
  [1023.9 * 1024 ** 2, '1.00 GiB'],
])('%d bytes read "%s": three significant digits in binary units', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, '0.0 %'],
  [0.042, '4.2 %'],
  [0.0996, '10 %'],
  [0.425, '43 %'],
  [1, '100 %'],
])('a ratio of %d reads "%s"', (ratio, text) => {
  expect(formatPercent(ratio)).toBe(text);
});

test.each([
  [850, '850 ms'],
  [59_900, '59 s'],
  [60_000, '1 min'],
  [725_000, '12 min 5 s'],
  [3 * 3_600_000 + 120_000, '3 h 2 min'],
  [(3 * 24 + 4) * 3_600_000, '3 d 4 h'],
])('%d ms last "%s": the two largest units', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [-3000, 'now'],
  [-59_000, '59 s ago'],
  [-125_000, '2 min ago'],
  [-26 * 3_600_000, '1 d ago'],
  [-100 * 86_400_000, '3 mo ago'],
  [-800 * 86_400_000, '2 y ago'],
  [3 * 3_600_000, 'in 3 h'],
])('an instant %d ms from now reads "%s"', (offsetMs, text) => {
  const now = new Date('2026-11-20T12:00:00Z');
  expect(formatRelative(now.getTime() + offsetMs, now)).toBe(text);
});

test('what is not known is a dash, never zero', () => {
  const unknown = [
    formatBytes,
    formatBytesPerSecond,
    formatPercent,
    formatNumber,
    formatCores,
    formatCelsius,
    formatDuration,
  ];
  expect(unknown.flatMap((format) => [format(null), format(undefined), format(Number.NaN)])).toEqual(
    Array.from({ length: unknown.length * 3 }, () => '—'),
  );
  expect(formatRelative('not a date', new Date())).toBe('—');
});
