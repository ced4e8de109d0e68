import type { LiveEvent } from '@serverbox/contract/events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Clock } from '../../lib/clock.ts';
import { createEventHub, TICK_MS } from './hub.ts';
import type { Sink } from './subscriber.ts';

const NODE = '0197c5a0-0000-7000-8000-000000000001';
const METRICS = `metrics:${NODE}`;
const nodesEvent = (number: number): LiveEvent => ({ type: 'nodes', ids: [`${number}` as never] });
const hostEvent = (at: number): LiveEvent => ({ type: 'host', nodeId: NODE as never, at, values: [] });

/** Keeps what was written; takes nothing while it is stalled. */
const createTestSink = () => {
  const sink = {
    text: '',
    writes: 0,
    waitingBytes: 0,
    isStalled: false,
    write: (frame: Buffer) => {
      sink.writes += 1;
      if (sink.isStalled) sink.waitingBytes += frame.length;
      else sink.text += frame.toString();
    },
    events: (): LiveEvent[] => [...sink.text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json ?? '')),
    lastId: (): string => [...sink.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '',
  };
  return sink;
};
const failingSink: Sink = {
  waitingBytes: 0,
  write: () => {
    throw new Error('gone');
  },
};

let monotonicMs = 0;
const clock: Clock = { now: () => new Date(), monotonicMs: () => monotonicMs };
const openHub = (bootId = 'aaaaaaaa', onFirst: (topic: string) => () => void = () => () => undefined) =>
  createEventHub({ clock, bootId, onFirst });
const onDrop = () => undefined;
const tick = () => vi.advanceTimersByTime(TICK_MS);

beforeEach(() => {
  monotonicMs = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('what happens alone is told at once, and what follows within the tick at its end', () => {
  const hub = openHub();
  const sink = createTestSink();
  hub.join({ topics: ['nodes'], sink, onDrop });
  const pass = (ms: number) => {
    monotonicMs += ms;
    vi.advanceTimersByTime(ms);
  };
  pass(TICK_MS);
  hub.publish('nodes', nodesEvent(1));
  pass(1);
  expect(sink.events().at(-1)).toEqual(nodesEvent(1));
  hub.publish('nodes', nodesEvent(2));
  hub.publish('nodes', nodesEvent(3));
  pass(TICK_MS - 2);
  expect(sink.events().at(-1)).toEqual(nodesEvent(1));
  const writesBefore = sink.writes;
  pass(2);
  expect(sink.events().slice(-2)).toEqual([nodesEvent(2), nodesEvent(3)]);
  expect(sink.writes).toBe(writesBefore + 1);
});

test('events of one tick come in one write, in order, and only those of the own topics', () => {
  const hub = openHub();
  const sink = createTestSink();
  hub.join({ topics: ['nodes'], sink, onDrop });
  const writesBefore = sink.writes;
  hub.publish('nodes', nodesEvent(1));
  hub.publish('containers', { type: 'containers', nodeId: NODE as never, ids: [] });
  hub.publish('nodes', nodesEvent(2));
  tick();
  expect(sink.writes).toBe(writesBefore + 1);
  expect(sink.events()).toEqual([nodesEvent(1), nodesEvent(2)]);
});

test('WS-10 a client that reconnects within a minute gets exactly what it missed', () => {
  const hub = openHub();
  const first = createTestSink();
  const subscription = hub.join({ topics: ['nodes', METRICS], sink: first, onDrop });
  hub.publish(METRICS, hostEvent(1));
  tick();
  subscription.leave();
  for (let at = 2; at <= 31; at += 1) {
    hub.publish(METRICS, hostEvent(at));
    vi.advanceTimersByTime(1000);
  }
  hub.publish('nodes', nodesEvent(1));
  const second = createTestSink();
  hub.join({ topics: ['nodes', METRICS], sink: second, lastEventId: first.lastId(), onDrop });
  hub.publish(METRICS, hostEvent(32));
  tick();
  const hosts = Array.from({ length: 30 }, (_, index) => hostEvent(index + 2));
  expect(second.events()).toEqual([...hosts, nodesEvent(1), hostEvent(32)]);
});

test('WS-10 a client that heard nothing yet can go on from the id it was greeted with', () => {
  const hub = openHub();
  const first = createTestSink();
  hub.join({ topics: ['nodes'], sink: first, onDrop }).leave();
  hub.publish('nodes', nodesEvent(1));
  const second = createTestSink();
  hub.join({ topics: ['nodes'], sink: second, lastEventId: first.lastId(), onDrop });
  expect(second.events()).toEqual([nodesEvent(1)]);
});

test.each([
  ['of another boot', 'bbbbbbbb-1'],
  ['of the future', 'aaaaaaaa-999'],
  ['that is none', 'x'],
  ['that is empty', ''],
])('WS-10 an id %s leads to resync', (_, lastEventId) => {
  const hub = openHub();
  hub.publish('nodes', nodesEvent(1));
  const sink = createTestSink();
  hub.join({ topics: ['nodes'], sink, lastEventId, onDrop });
  expect(sink.events()).toEqual([{ type: 'resync' }]);
});

test('WS-10 a client that was away for longer than events are kept is told to start anew', () => {
  const hub = openHub();
  const first = createTestSink();
  hub.join({ topics: [METRICS], sink: first, onDrop }).leave();
  vi.advanceTimersByTime(61_000);
  hub.publish(METRICS, hostEvent(1));
  const second = createTestSink();
  hub.join({ topics: [METRICS], sink: second, lastEventId: first.lastId(), onDrop });
  expect(second.events()).toEqual([{ type: 'resync' }]);

  const hubOfMany = openHub();
  const early = createTestSink();
  hubOfMany.join({ topics: ['nodes'], sink: early, onDrop }).leave();
  for (let number = 0; number < 600; number += 1) hubOfMany.publish('nodes', nodesEvent(number));
  const late = createTestSink();
  hubOfMany.join({ topics: ['nodes'], sink: late, lastEventId: early.lastId(), onDrop });
  expect(late.events()).toEqual([{ type: 'resync' }]);
});

test('WS-11 a throwing sink among 1,000 harms nobody and is dropped', () => {
  const hub = openHub();
  const sinks = Array.from({ length: 999 }, createTestSink);
  for (const sink of sinks.slice(0, 500)) hub.join({ topics: ['nodes'], sink, onDrop });
  const dropped = vi.fn();
  hub.join({ topics: ['nodes'], sink: failingSink, onDrop: dropped });
  for (const sink of sinks.slice(500)) hub.join({ topics: ['nodes'], sink, onDrop });
  for (let number = 0; number < 10; number += 1) {
    hub.publish('nodes', nodesEvent(number));
    tick();
  }
  const all = Array.from({ length: 10 }, (_, number) => nodesEvent(number));
  for (const sink of sinks) expect(sink.events()).toEqual(all);
  expect(dropped).toHaveBeenCalledOnce();
  expect(hub.subscriberCount).toBe(999);
});

test('a subscriber that does not read holds a bounded backlog and is resynchronised when it reads again', () => {
  const hub = openHub();
  const slow = createTestSink();
  const quick = createTestSink();
  const subscription = hub.join({ topics: ['nodes'], sink: slow, onDrop });
  hub.join({ topics: ['nodes'], sink: quick, onDrop });
  slow.isStalled = true;
  const big = { type: 'nodes', ids: Array.from({ length: 2000 }, () => NODE) } as unknown as LiveEvent;
  for (let count = 0; count < 200; count += 1) {
    hub.publish('nodes', big);
    tick();
  }
  expect(slow.waitingBytes).toBeLessThanOrEqual(1024 * 1024);
  expect(quick.events()).toHaveLength(200);

  slow.isStalled = false;
  slow.waitingBytes = 0;
  subscription.drained();
  hub.publish('nodes', nodesEvent(7));
  tick();
  expect(slow.events()).toEqual([{ type: 'resync' }, nodesEvent(7)]);
});

test('a tick larger than the permitted backlog reaches who has read everything before', () => {
  const hub = openHub();
  const sink = createTestSink();
  hub.join({ topics: ['nodes'], sink, onDrop });
  const big = { type: 'nodes', ids: Array.from({ length: 40_000 }, () => NODE) } as unknown as LiveEvent;
  for (let count = 0; count < 2; count += 1) {
    hub.publish('nodes', big);
    tick();
  }
  expect(sink.events()).toHaveLength(2);
});

test('a subscriber that never reads again is dropped', () => {
  const hub = openHub();
  const sink = createTestSink();
  const dropped = vi.fn();
  hub.join({ topics: ['nodes'], sink, onDrop: dropped });
  sink.isStalled = true;
  sink.waitingBytes = 1024 * 1024;
  hub.publish('nodes', nodesEvent(1));
  tick();
  monotonicMs = 31_000;
  vi.advanceTimersByTime(15_000);
  expect(dropped).toHaveBeenCalledWith('stalled');
  expect(hub.subscriberCount).toBe(0);
});

test('a silent connection is kept alive by a comment', () => {
  const hub = openHub();
  const sink = createTestSink();
  hub.join({ topics: ['nodes'], sink, onDrop });
  vi.advanceTimersByTime(15_000);
  expect(sink.text).toMatch(/: beat\n\n$/);
});

test('the first subscriber of a topic begins to watch and the last one ends it', () => {
  const end = vi.fn();
  const begin = vi.fn(() => end);
  const hub = openHub('aaaaaaaa', begin);
  const one = hub.join({ topics: [METRICS, METRICS], sink: createTestSink(), onDrop });
  const two = hub.join({ topics: [METRICS], sink: createTestSink(), onDrop });
  one.leave();
  one.leave();
  expect(end).not.toHaveBeenCalled();
  two.leave();
  expect(begin).toHaveBeenCalledOnce();
  expect(end).toHaveBeenCalledOnce();
});

test('metrics that nobody listens to are not even serialised', () => {
  const hub = openHub();
  const event = { ...hostEvent(1), toJSON: vi.fn() };
  hub.publish(METRICS, event);
  tick();
  expect(event.toJSON).not.toHaveBeenCalled();
});

test('after news were missed everybody starts anew, those who come back as well', () => {
  const hub = openHub();
  const sink = createTestSink();
  hub.join({ topics: ['nodes'], sink, onDrop });
  const away = createTestSink();
  hub.join({ topics: ['nodes'], sink: away, onDrop }).leave();
  hub.resyncAll();
  expect(sink.events()).toEqual([{ type: 'resync' }]);
  const back = createTestSink();
  hub.join({ topics: ['nodes'], sink: back, lastEventId: away.lastId(), onDrop });
  expect(back.events()).toEqual([{ type: 'resync' }]);
});
