import type { LogLine } from '@serverbox/contract/containers';
import { expect, test } from 'vitest';
import { createLogRing, createLogView } from './log-ring.ts';

const lines = (from: number, to: number): LogLine[] =>
  Array.from({ length: to - from }, (_, i) => ({
    stream: (from + i) % 2 === 0 ? ('stdout' as const) : ('stderr' as const),
    at: null,
    text: `line ${from + i}`,
  }));

test('the newest lines are kept and the older ones counted as dropped', () => {
  const ring = createLogRing(10);
  ring.push(lines(0, 7));
  ring.push(lines(7, 25));
  expect([ring.firstNumber(), ring.nextNumber(), ring.droppedCount()]).toEqual([15, 25, 15]);
  expect(ring.find(14)).toBeUndefined();
  expect(ring.find(15)?.text).toBe('line 15');
  expect(ring.find(24)?.text).toBe('line 24');
  expect(ring.find(25)).toBeUndefined();
});

test('clearing forgets the lines but never re-uses their numbers', () => {
  const ring = createLogRing(10);
  ring.push(lines(0, 12));
  ring.clear();
  ring.push(lines(12, 13));
  expect([ring.firstNumber(), ring.nextNumber(), ring.droppedCount()]).toEqual([12, 13, 0]);
  expect(ring.find(3)).toBeUndefined();
});

test('a view holds exactly the lines that pass its filter and are still in the ring', () => {
  const ring = createLogRing(6);
  const view = createLogView(ring, (line) => line.stream === 'stderr');
  ring.push(lines(0, 4));
  view.update();
  expect(view.numbers()).toEqual([1, 3]);
  ring.push(lines(4, 9));
  view.update();
  expect(view.numbers()).toEqual([3, 5, 7]);
});

test('a view keeps its array while nothing that it shows has changed', () => {
  const ring = createLogRing(6);
  const view = createLogView(ring, (line) => line.stream === 'stderr');
  ring.push(lines(1, 2));
  view.update();
  const before = view.numbers();
  ring.push(lines(2, 3));
  view.update();
  expect(view.numbers()).toBe(before);
});

test('a flood larger than the ring leaves a consistent view', () => {
  const ring = createLogRing(100);
  const view = createLogView(ring, () => true);
  ring.push(lines(0, 1000));
  view.update();
  expect(view.numbers()).toHaveLength(100);
  expect(view.numbers()[0]).toBe(900);
});
