import type { HostReading, NodeSummary } from '@serverbox/contract/nodes';
import { expect, test } from 'vitest';
import { fleetCpu, fleetShare, meanLine, readingOf, sharesOf } from './reading.ts';

const aNode = (values: Partial<HostReading> | null, cpuCores = 4): NodeSummary =>
  ({
    facts: { cpuCores },
    reading: values && { value: { ...readingOf([]), ...values }, observedAt: '2026-01-02T03:04:05Z', source: 'agent' },
  }) as NodeSummary;

test('shares are unknown when the node never told, not zero', () => {
  expect(sharesOf(aNode(null))).toEqual({ cpu: null, memory: null, disk: null });
  expect(sharesOf(aNode({ cpuRatio: 0.5, memUsedBytes: 1, memTotalBytes: 4 }))).toEqual({
    cpu: 0.5,
    memory: 0.25,
    disk: null,
  });
});

test('the fleet is the sum of those that told', () => {
  const nodes = [
    aNode({ memUsedBytes: 1, memTotalBytes: 4 }),
    aNode({ memUsedBytes: 3, memTotalBytes: 4 }),
    aNode(null),
  ];
  expect(fleetShare(nodes, 'memUsedBytes', 'memTotalBytes')).toEqual({ used: 4, total: 8, ratio: 0.5 });
  expect(fleetShare([], 'memUsedBytes', 'memTotalBytes')).toEqual({ used: null, total: null, ratio: null });
});

test('large machines weigh more in the CPU of the fleet', () => {
  expect(fleetCpu([aNode({ cpuRatio: 1 }, 2), aNode({ cpuRatio: 0 }, 6), aNode(null, 64)])).toEqual({
    cores: 8,
    ratio: 0.25,
  });
});

test('a mean line leaves out what is unknown', () => {
  expect(
    meanLine([
      [1, null, null],
      [3, 4, null],
    ]),
  ).toEqual([2, 4, null]);
  expect(meanLine([])).toEqual([]);
});

test('a reading names the values in the order of the wire', () => {
  expect(readingOf([0.5, 0.3])).toMatchObject({ cpuRatio: 0.5, cpuUserRatio: 0.3, load1: null });
});
