import { expect, test } from 'vitest';
import type { Figure } from './figure.ts';
import { formatNumber, goalText, judge } from './figure.ts';

const aFigure = (changes: Partial<Figure> = {}): Figure => ({
  id: 'X1',
  what: 'a figure',
  unit: 'ms',
  better: 'lower',
  ours: 10,
  goal: { absolute: 20 },
  ...changes,
});
const limit = { name: 'the limit', value: 4 };

test('where a limit was measured the ratio is judged, whatever the absolute number is', () => {
  expect(judge(aFigure({ limit, goal: { ofLimit: 2, absolute: 20 } }), true)).toBe('missed');
  expect(judge(aFigure({ limit, goal: { ofLimit: 3, absolute: 5 } }), true)).toBe('met');
});

test('without a limit the absolute goal is judged', () => {
  expect(judge(aFigure({ goal: { ofLimit: 1, absolute: 9 } }), true)).toBe('missed');
  expect(judge(aFigure({ goal: { ofLimit: 1, absolute: 10 } }), true)).toBe('met');
});

test('more is better where the figure says so', () => {
  expect(judge(aFigure({ better: 'higher', goal: { absolute: 20 } }), true)).toBe('missed');
  expect(judge(aFigure({ better: 'higher', limit, goal: { ofLimit: 2 } }), true)).toBe('met');
});

test('a busy machine gets no verdict on timings, but does on what load cannot change', () => {
  expect(judge(aFigure(), false)).toBe('noisy');
  expect(judge(aFigure({ isExact: true }), false)).toBe('met');
});

test('a figure without a goal is told and not judged', () => {
  expect(judge(aFigure({ goal: {} }), true)).toBe('told');
});

test('a limit of zero is no ratio', () => {
  expect(judge(aFigure({ limit: { name: 'none', value: 0 }, goal: { ofLimit: 1, absolute: 10 } }), true)).toBe('met');
});

test('the goal is told with the judged one first', () => {
  expect(goalText(aFigure({ limit, goal: { ofLimit: 2.5, absolute: 450 } }))).toBe('≤ 2.5 × limit (≤ 450 ms)');
  expect(goalText(aFigure({ better: 'higher', goal: { absolute: 12_000 } }))).toBe('≥ 12,000 ms');
  expect(goalText(aFigure({ goal: {} }))).toBe('—');
});

test.each([
  [0.123456, '0.123'],
  [12.345, '12.3'],
  [123_456.7, '123,457'],
  [0, '0'],
  [Number.NaN, 'NaN'],
])('%d is shown as %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});
