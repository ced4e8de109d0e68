import { PassThrough } from 'node:stream';
import type { LogLine } from '@serverbox/contract/containers';
import { expect, test } from 'vitest';
import { fakeClock, systemClock } from '../../lib/clock.ts';
import type { RawLine } from '../../lib/docker/log-lines.ts';
import { createLogSender } from './log-sender.ts';

const line = (text: string): RawLine => ({ source: 'stdout', at: null, bytes: Buffer.from(text), isCut: false });
const written = (output: PassThrough): LogLine[] =>
  String(output.read() ?? '')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as LogLine);

test('past the pace of a follower lines are left out, and the last one comes with the count when there is room', async () => {
  const clock = fakeClock(new Date('2026-01-01T00:00:00Z'));
  const output = new PassThrough({ highWaterMark: 64 * 1024 * 1024 });
  const sender = createLogSender(output, { clock, signal: new AbortController().signal, follows: true });
  await sender.send([line('x'.repeat(3 * 1024 * 1024))]);
  await sender.send([line('a'), line('b')]);
  await sender.send([line('c')]);
  expect(written(output)).toHaveLength(1);
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
  await sender.send([line('x'.repeat(3 * 1024 * 1024))]);
  await sender.send([line('a'), line('b'), line('c')]);
  await sender.end();
  expect(written(output).at(-1)).toEqual({ stream: 'stdout', at: null, text: 'c', dropped: 2 });
});
