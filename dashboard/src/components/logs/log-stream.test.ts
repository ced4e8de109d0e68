import type { LogLine } from '@serverbox/contract/containers';
import { expect, test } from 'vitest';
import { createLogRing } from './log-ring.ts';
import type { LogStreamOptions, LogStreamState } from './log-stream.ts';
import { followLog } from './log-stream.ts';

const line = (text: string, second: number): LogLine => ({
  stream: 'stdout',
  at: `2026-01-02T03:04:0${second}.000000000Z`,
  text,
});
const body = (lines: readonly LogLine[], end: 'close' | 'break'): ReadableStream<Uint8Array> => {
  const left = lines.map((each) => new TextEncoder().encode(`${JSON.stringify(each)}\n`));
  return new ReadableStream({
    pull: (controller) => {
      const next = left.shift();
      if (next) controller.enqueue(next);
      else if (end === 'close') controller.close();
      else controller.error(new TypeError('network'));
    },
  });
};

const aStream = (answers: (() => Promise<ReadableStream<Uint8Array>>)[], overrides: Partial<LogStreamOptions> = {}) => {
  const ring = createLogRing(100);
  const states: LogStreamState[] = [];
  const sinces: (string | undefined)[] = [];
  const sleeps: number[] = [];
  const options: LogStreamOptions = {
    fetchLog: (since) => {
      sinces.push(since);
      return (answers.shift() ?? (() => Promise.reject(new Error('no answer left'))))();
    },
    isRetryable: (error) => error instanceof TypeError,
    ring,
    onLines: () => undefined,
    onState: (state) => states.push(state),
    untilRoom: async () => undefined,
    sleep: async (delayMs) => {
      sleeps.push(delayMs);
    },
    ...overrides,
  };
  const texts = () =>
    Array.from({ length: ring.nextNumber() - ring.firstNumber() }, (_, i) => ring.find(ring.firstNumber() + i)?.text);
  return { options, ring, states, sinces, sleeps, texts };
};

test('a log that ends by itself is shown whole and marked as ended', async () => {
  const { options, states, texts } = aStream([async () => body([line('a', 1), line('b', 2)], 'close')]);
  await followLog(options, new AbortController().signal);
  expect(texts()).toEqual(['a', 'b']);
  expect(states.map((state) => state.is)).toEqual(['connecting', 'live', 'ended']);
});

test('a broken stream goes on where it broke off, without a line twice', async () => {
  const { options, texts, sinces, sleeps } = aStream([
    async () => body([line('a', 1), line('b', 2)], 'break'),
    async () => body([line('b', 2), line('c', 3)], 'close'),
  ]);
  await followLog(options, new AbortController().signal);
  expect(texts()).toEqual(['a', 'b', 'c']);
  expect(sinces).toEqual([undefined, '2026-01-02T03:04:02.000000000Z']);
  expect(sleeps).toEqual([1000]);
});

test('attempts slow down while the network stays away and are quick again after a success', async () => {
  const broken = () => Promise.reject(new TypeError('network'));
  const { options, sleeps } = aStream([
    broken,
    broken,
    broken,
    async () => body([line('a', 1)], 'break'),
    async () => body([], 'close'),
  ]);
  await followLog(options, new AbortController().signal);
  expect(sleeps).toEqual([1000, 2000, 4000, 1000]);
});

test('a refusal is shown and not tried again', async () => {
  const refusal = new Error('forbidden');
  const { options, states, sinces } = aStream([() => Promise.reject(refusal)]);
  await followLog(options, new AbortController().signal);
  expect(states.at(-1)).toEqual({ is: 'failed', error: refusal });
  expect(sinces).toHaveLength(1);
});

test('nothing is read while the screen has no room', async () => {
  let pulls = 0;
  const endless = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        pulls += 1;
        controller.enqueue(new TextEncoder().encode(`${JSON.stringify(line('x', 1))}\n`));
      },
    },
    { highWaterMark: 0 },
  );
  const abort = new AbortController();
  let blocked: (() => void) | undefined;
  const reached = new Promise<void>((resolve) => {
    blocked = resolve;
  });
  const { options } = aStream([async () => endless], {
    untilRoom: (signal) =>
      new Promise((_, reject) => {
        blocked?.();
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  });
  const done = followLog(options, abort.signal);
  await reached;
  await new Promise((resolve) => setTimeout(resolve));
  expect(pulls).toBe(1);
  abort.abort();
  await done;
});
