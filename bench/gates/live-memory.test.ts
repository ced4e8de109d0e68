/** Listeners on the live channel come and go all day: none of them may leave anything behind. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { createEventHub } from '../../core/src/features/events/hub.ts';
import { systemClock as clock } from '../../core/src/lib/clock.ts';

const NODE = '0197c5a0-0000-7000-8000-000000000001';
const TOPIC = `metrics:${NODE}`;
const MB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const heapBytes = async (): Promise<number> => {
  await nextTurn();
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

test('10,000 listeners that come and go leave nothing behind', async () => {
  const hub = createEventHub({ clock, bootId: 'aaaaaaaa', onFirst: () => () => undefined });
  onTestFinished(hub.close);
  const topics = ['nodes', 'containers', 'activity', TOPIC];
  const cycle = (): void => {
    const frames: Buffer[] = [];
    const sink = { waitingBytes: 0, write: (frame: Buffer) => void frames.push(frame) };
    const subscription = hub.join({ topics, sink, onDrop: () => undefined });
    hub.publish(TOPIC, { type: 'host', nodeId: NODE as never, at: 1, values: [] });
    subscription.leave();
  };
  // What is kept for those who reconnect is full after that.
  for (let count = 0; count < 2000; count += 1) cycle();
  const before = await heapBytes();
  for (let count = 0; count < 10_000; count += 1) cycle();
  const after = await heapBytes();
  expect(hub.subscriberCount).toBe(0);
  expect(after - before).toBeLessThan(MB / 2);
});
