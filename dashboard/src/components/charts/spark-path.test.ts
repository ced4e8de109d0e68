import { expect, test } from 'vitest';
import { sparkPaths } from './spark-path.ts';

const box = { width: 100, height: 22 };

test('values go from left to right and the largest reaches the top', () => {
  expect(sparkPaths([0, 5, 10], box).line).toBe('M0 21L50 11L100 1');
});

test('a given maximum keeps small values small and cuts larger ones', () => {
  expect(sparkPaths([0, 0.5, 2], { ...box, max: 1 }).line).toBe('M0 21L50 11L100 1');
});

test('unknown values break line and area', () => {
  const { line, area } = sparkPaths([1, 1, null, 1, 1], box);
  expect(line).toBe('M0 1L25 1M75 1L100 1');
  expect(area).toBe('M0 22L0 1L25 1L25 22ZM75 22L75 1L100 1L100 22Z');
});

test('a lone value is still seen', () => {
  expect(sparkPaths([null, 1, null], box).line).toBe('M50 1L75 1');
  // The newest of all stays in its box.
  expect(sparkPaths([null, null, 1], box)).toEqual({ line: 'M75 1L100 1', area: 'M75 22L75 1L100 1L100 22Z' });
  expect(sparkPaths([1], box).line).toBe('M0 1L50 1');
});

test('nothing known draws nothing, and all zero lies on the ground', () => {
  expect(sparkPaths([null, null], box)).toEqual({ line: '', area: '' });
  expect(sparkPaths([0, 0], box).line).toBe('M0 21L100 21');
});
