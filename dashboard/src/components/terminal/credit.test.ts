import { TERMINAL_WINDOW_BYTES } from '@serverbox/contract/terminal';
import { expect, test } from 'vitest';
import { ACK_STEP_BYTES, createCredit } from './credit.ts';

/** A core that follows the contract: it sends only while less than the window is unacknowledged. */
const transfer = (totalBytes: number, chunkBytes: number) => {
  let sent = 0;
  let acked = 0;
  let acks = 0;
  let worst = 0;
  const credit = createCredit((bytes) => {
    acked += bytes;
    acks += 1;
  });
  while (sent < totalBytes && sent - acked <= TERMINAL_WINDOW_BYTES) {
    sent += chunkBytes;
    worst = Math.max(worst, sent - acked);
    credit.taken(chunkBytes);
  }
  return { sent, acked, acks, worst };
};

test.each([1000, 4096, 65_536])('a flood in chunks of %i bytes never stalls and never leaves the window', (chunk) => {
  const { sent, acked, worst } = transfer(10_000_000, chunk);
  expect(sent).toBeGreaterThanOrEqual(10_000_000);
  expect(sent - acked).toBeLessThan(ACK_STEP_BYTES);
  expect(worst).toBeLessThanOrEqual(TERMINAL_WINDOW_BYTES + chunk);
});

test('single keystrokes cost no control frame of their own', () => {
  expect(transfer(1000, 1).acks).toBe(0);
});

test('every byte taken is acknowledged once', () => {
  let acked = 0;
  const credit = createCredit((bytes) => {
    acked += bytes;
  });
  for (let i = 0; i < ACK_STEP_BYTES * 3; i += 1) credit.taken(1);
  expect(acked).toBe(ACK_STEP_BYTES * 3);
});
