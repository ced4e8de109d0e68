import { PassThrough } from 'node:stream';
import type { LogLine } from '@serverbox/contract/containers';
import { expect, test } from 'vitest';
import { fakeClock, systemClock } from '../../lib/clock.ts';
import type { RawLine } from '../../lib/docker/log-lines.ts';
import { createLogSender } from './log-sender.ts';

const line = (text: string): RawLine => ({ source: 'stdout', bytes: Buffer.from(text), hasTime: false, isCut: false });
const MORE_THAN_THE_BURST = Array.from({ length: 32 }, () => line('x'.repeat(60_000)));
const written = (output: PassThrough): LogLine[] =>
  String(output.read() ?? '')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as LogLine);

test('past the pace of a follower lines are left out, and the last one comes with the count when there is room', async () => {
  const clock = fakeClock(new Date('2026-01-01T00:00:00Z'));
  const output = new PassThrough({ highWaterMark: 64 * 1024 * 1024 });
  const sender = createLogSender(output, { clock, signal: new AbortController().signal, follows: true });
  await sender.send(MORE_THAN_THE_BURST);
  await sender.send([line('a'), line('b')]);
  await sender.send([line('c')]);
  expect(written(output)).toHaveLength(MORE_THAN_THE_BURST.length);
  clock.advance(10_000);
  await expect.poll(() => written(output)).toEqual([{ stream: 'stdout', at: null, text: 'c', dropped: 2 }]);
});

test('who reads the past gets every line however slow the reading is', async () => {
  const output = new PassThrough({ highWaterMark: 10 });
  const sender = createLogSender(output, { clock: systemClock, signal: new AbortController().signal, follows: false });
  const sent = (async () => {
    for (let n = 0; n < 50; n += 1) await sender.send([line(`line ${n}`)]);
    await sender.end();
    output.end();
  })();
  let body = '';
  for await (const chunk of output) body += String(chunk);
  await sent;
  expect(body.split('\n').filter((text) => text !== '')).toHaveLength(50);
  expect(body).not.toContain('dropped');
});

test('a reader that has gone ends the waiting', async () => {
  const output = new PassThrough({ highWaterMark: 1 });
  const reader = new AbortController();
  const sender = createLogSender(output, { clock: systemClock, signal: reader.signal, follows: false });
  await sender.send([line('one')]);
  const waiting = sender.send([line('two')]);
  reader.abort();
  await expect(waiting).rejects.toThrow(/abort/i);
});

test('the end of a flood tells how much of it was left out', async () => {
  const clock = fakeClock(new Date('2026-01-01T00:00:00Z'));
  const output = new PassThrough({ highWaterMark: 64 * 1024 * 1024 });
  const sender = createLogSender(output, { clock, signal: new AbortController().signal, follows: true });
  await sender.send(MORE_THAN_THE_BURST);
  await sender.send([line('a'), line('b'), line('c')]);
  await sender.end();
  expect(written(output).at(-1)).toEqual({ stream: 'stdout', at: null, text: 'c', dropped: 2 });
});

test('SC-3: of 50 MB in a second a follower that takes everything gets the burst and the pace, and the count of the rest', async () => {
  const MB = 1024 * 1024;
  const clock = fakeClock(new Date('2026-01-01T00:00:00Z'));
  const output = new PassThrough();
  let bytes = 0;
  let seen = 0;
  output.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    for (const text of String(chunk).split('\n')) {
      if (text !== '') seen += 1 + ((JSON.parse(text) as LogLine).dropped ?? 0);
    }
  });
  const sender = createLogSender(output, { clock, signal: new AbortController().signal, follows: true });
  const megabyte = Array.from({ length: 1024 }, () => line('x'.repeat(1024)));
  for (let n = 0; n < 50; n += 1) {
    await sender.send(megabyte);
    clock.advance(20);
  }
  await sender.end();
  expect(seen).toBe(50 * 1024);
  // The burst, a second's pace, and the megabyte that each of the two was exceeded by.
  expect(bytes).toBeLessThan(MB + MB / 4 + 2 * 1.1 * MB);
}, 15_000);
