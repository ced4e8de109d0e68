import type { NodeId } from '@serverbox/contract/ids';
import { afterEach, expect, test, vi } from 'vitest';
import { createMemoryBus } from '../../lib/bus/memory-bus.ts';
import { newId } from '../../lib/ids.ts';
import { silentLog } from '../../lib/log.ts';
import { createPresence } from './presence.ts';

afterEach(() => vi.useRealTimers());

test('a node is up while heartbeats come, down once three are missed, and each change is told once', async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  const bus = createMemoryBus(silentLog);
  const changes: boolean[] = [];
  const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
  const presence = createPresence({ bus, clock, onChange: (_, isUp) => void changes.push(isUp) });
  presence.start();
  const nodeId = newId<NodeId>();
  expect(presence.wayOf(nodeId)).toBeUndefined();
  for (let beat = 0; beat < 4; beat += 1) {
    presence.heard(nodeId);
    await vi.advanceTimersByTimeAsync(5000);
  }
  expect(presence.wayOf(nodeId)).toMatchObject({ way: 'poll', state: 'up', since: '2026-03-01T12:00:00.000Z' });
  await vi.advanceTimersByTimeAsync(9000);
  expect(changes).toEqual([true]);
  await vi.advanceTimersByTimeAsync(4000);
  expect(presence.wayOf(nodeId)).toMatchObject({ state: 'down', since: '2026-03-01T12:00:15.000Z' });
  expect(changes).toEqual([true, false]);
  presence.heard(nodeId);
  await vi.advanceTimersByTimeAsync(100);
  expect(presence.wayOf(nodeId)).toMatchObject({ state: 'up' });
  expect(changes).toEqual([true, false, true]);
  presence.forget(nodeId);
  expect(presence.wayOf(nodeId)).toBeUndefined();
  presence.stop();
  await bus.close();
});
