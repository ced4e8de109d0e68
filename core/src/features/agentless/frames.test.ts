import { expect, test } from 'vitest';
import { createFrameReader, FrameError } from './frames.ts';

const take = (text: string, pieceBytes: number, number = 1) => {
  const reader = createFrameReader();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const frame = reader.take(bytes.subarray(at, at + pieceBytes), number);
    if (frame !== undefined) return frame;
  }
  return undefined;
};

test.each([1, 3, 7, 1000])('an answer that comes in pieces of %i bytes is the same answer', (pieceBytes) => {
  const text = 'Welcome!\n@frame:1\n/proc/uptime:12.5 3\n@mount:1 2 0:1 / /ä:b\n/proc/uptime:again\n@end:1\n';
  expect(take(text, pieceBytes)).toEqual(
    new Map([
      ['/proc/uptime', ['12.5 3', 'again']],
      ['@mount', ['1 2 0:1 / /ä:b']],
    ]),
  );
});

test('an answer to another question is none', () => {
  expect(take('@frame:1\na:b\n@end:1\n', 100, 2)).toBeUndefined();
});

test('P8: a node that prints without end is given up, at little cost', () => {
  expect(() => take(`@frame:1\n${'x'.repeat(2 * 1024 * 1024)}`, 65_536)).toThrow(FrameError);
  expect(() => take('y\n'.repeat(1024 * 1024), 65_536)).toThrow(FrameError);
  const before = process.cpuUsage();
  expect(() => take(`@frame:1\n${'z'.repeat(2 * 1024 * 1024)}`, 16)).toThrow(FrameError);
  expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
});
