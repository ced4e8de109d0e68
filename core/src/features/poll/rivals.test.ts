import type { NodeId } from '@serverbox/contract/ids';
import { expect, test } from 'vitest';
import { createRivals } from './rivals.ts';

const NODE = 'n' as NodeId;
const [FIRST, SECOND] = [1_000_000, 5_000_000];

const openRivals = () => {
  let nowMs = 0;
  const rivals = createRivals({ monotonicMs: () => nowMs }, 15_000);
  return (bootedAtMs: number, afterMs = 2500, nodeId = NODE) => {
    nowMs += afterMs;
    return rivals.isRival(nodeId, bootedAtMs);
  };
};

test('AG-5 two machines that take turns are noticed, and the one that was first stays', () => {
  const hear = openRivals();
  const turns = Array.from({ length: 6 }, () => [hear(FIRST), hear(SECOND)]);
  expect(turns).toEqual([[false, false], [false, false], ...Array.from({ length: 4 }, () => [false, true])]);
});

test('a reboot, a clock that is set, and a clock that is set far and back are no second machine', () => {
  const hear = openRivals();
  for (const start of [FIRST, FIRST + 900, FIRST - 4000, SECOND, SECOND, FIRST, FIRST, SECOND + 60_000])
    expect(hear(start)).toBe(false);
  // Once a day is not in turns.
  const later = openRivals();
  for (let day = 0; day < 5; day += 1) {
    for (let minute = 0; minute < 10; minute += 1) {
      for (let count = 0; count < 6; count += 1) expect(later(FIRST, 10_000)).toBe(false);
    }
    expect(later(SECOND, 10_000)).toBe(false);
  }
});

test('the other machine is the node once the first one is silent', () => {
  const hear = openRivals();
  for (let turn = 0; turn < 3; turn += 1) expect([hear(FIRST), hear(SECOND)]).toEqual([false, turn === 2]);
  expect(hear(SECOND, 5000)).toBe(true);
  expect(hear(SECOND, 11_000)).toBe(false);
  expect(hear(SECOND)).toBe(false);
});

test('nodes do not disturb each other', () => {
  const hear = openRivals();
  for (let turn = 0; turn < 9; turn += 1) {
    expect(hear(FIRST, 1000, NODE)).toBe(false);
    expect(hear(SECOND, 1000, 'm' as NodeId)).toBe(false);
  }
});
