import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../lib/errors.ts';
import { failed } from './execute.ts';
import type { Stored } from './head.ts';
import { addChunk, createHead, headText } from './head.ts';

const MAX = 16;

test('a head keeps the beginning, counts everything, and gives each byte once', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.array(fc.boolean()), (chunks, takes) => {
      const head = createHead(MAX);
      const taken: Buffer[] = [];
      for (const [index, chunk] of chunks.entries()) {
        head.push(Buffer.from(chunk));
        if (takes[index] === true) taken.push(head.take());
      }
      const bytes = head.take();
      head.giveBack(bytes);
      taken.push(head.take());
      const whole = Buffer.concat(chunks);
      expect(Buffer.concat(taken)).toEqual(whole.subarray(0, MAX));
      expect(head.totalBytes).toBe(whole.length);
    }),
  );
});

test('chunks that overlap, repeat or start again add up to the output, and a gap is seen', () => {
  const whole = Buffer.from(Array.from({ length: 200 }, (_, index) => index));
  const steps = fc.array(fc.tuple(fc.nat(40), fc.nat(60)), { maxLength: 30 });
  fc.assert(
    fc.property(steps, (pieces) => {
      let stored: Stored = { keptBytes: 0, totalBytes: 0 };
      let kept = Buffer.alloc(0);
      for (const [back, length] of pieces) {
        const offset = Math.max(0, stored.totalBytes - back);
        const added = addChunk(stored, { offset, bytes: whole.subarray(offset, offset + length) }, MAX);
        if (added === undefined) throw new Error('there is no gap');
        kept = Buffer.concat([kept, added.append]);
        stored = added;
      }
      expect(kept).toEqual(whole.subarray(0, Math.min(stored.totalBytes, MAX)));
      expect(stored.keptBytes).toBe(kept.length);
      const beyond = addChunk(stored, { offset: stored.totalBytes + 1, bytes: Buffer.from('x') }, MAX);
      expect(beyond === undefined).toBe(stored.totalBytes < MAX);
    }),
  );
});

test('a torn character at a cut is left out, one at the end is shown as broken', () => {
  const torn = Buffer.from([0x61, 0xc3]);
  expect([headText(torn, true), headText(torn, false)]).toEqual(['a', 'a\ufffd']);
});

test('a refusal by the policy of the node is told apart from a node that is away, and a defect is no silence', () => {
  expect(failed(new AppError('refused_by_policy', 'No.'))).toMatchObject({ outcome: 'refused', reason: 'No.' });
  expect(failed(new AppError('host_key_changed', 'Changed.'))).toMatchObject({ outcome: 'unreachable' });
  expect(failed(new Error('x'))).toMatchObject({ outcome: 'unreachable', reason: 'The link failed: x' });
});
