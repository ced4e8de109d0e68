import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCredit } from './credit.ts';

test('credit is spent at the window and comes back with an acknowledgement', () => {
  const credit = createCredit(100);
  credit.sent(99);
  expect(credit.isSpent).toBe(false);
  credit.sent(1);
  expect(credit.isSpent).toBe(true);
  expect(credit.acknowledge(1)).toBe(true);
  expect(credit.isSpent).toBe(false);
});

test('nobody can acknowledge what was not sent', () => {
  const credit = createCredit(100);
  credit.sent(10);
  expect(credit.acknowledge(11)).toBe(false);
  expect(credit.unacknowledgedBytes).toBe(10);
});

test('whatever happens, what is unacknowledged is what was sent minus what was taken, and never negative', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1000), fc.nat(2000)), { maxLength: 100 }), (steps) => {
      const credit = createCredit(500);
      let expected = 0;
      for (const [sent, acknowledged] of steps) {
        credit.sent(sent);
        expected += sent;
        if (credit.acknowledge(acknowledged)) expected -= acknowledged;
        expect(credit.unacknowledgedBytes).toBe(expected);
        expect(expected).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
