/**
 * Fan-out of live events. Each event is serialised once; what happens within a tick goes to a subscriber in one write, and
 * subscribers with the same topics share the bytes. Ids rise over all topics and carry the boot of this core, so a client that
 * reconnects either goes on without a gap or is told to start anew.
 */
import type { LiveEvent } from '@serverbox/contract/events';
import type { Clock } from '../../lib/clock.ts';
import { createAudiences } from './audiences.ts';
import { createEventHistory } from './history.ts';
import type { Sink, Subscriber } from './subscriber.ts';
import { createSubscriber } from './subscriber.ts';

export interface Listener {
  topics: readonly string[];
  sink: Sink;
  lastEventId?: string | undefined;
  /** This one was given up: its sink failed, or it did not read for too long. */
  onDrop: (reason: string) => void;
}
export interface Subscription {
  /** To be called when the sink has taken everything that waited. */
  drained(): void;
  leave(): void;
}
export interface EventHub {
  /** Free of cost while nobody listens to the topic, or did a moment ago. */
  publish(topic: string, event: LiveEvent): void;
  /** Begins with the events since `lastEventId`, or with `resync` where there is a gap. */
  join(listener: Listener): Subscription;
  /** Tells everybody to read everything anew: something was missed. */
  resyncAll(): void;
  readonly subscriberCount: number;
  close(): void;
}

export const TICK_MS = 60;
const HEARTBEAT_MS = 15_000;

interface Pending {
  topic: string;
  frame: Buffer;
}

/** One buffer for all subscribers with the same topics. */
const gather = (pending: readonly Pending[]): ((subscriber: Subscriber) => Buffer) => {
  const shared = new Map<string, Buffer>();
  return ({ topics, topicsKey }) => {
    const known = shared.get(topicsKey);
    if (known !== undefined) return known;
    const frames = Buffer.concat(pending.filter(({ topic }) => topics.has(topic)).map(({ frame }) => frame));
    shared.set(topicsKey, frames);
    return frames;
  };
};

/**
 * @param deps.bootId eight hex digits, new at each start
 * @param deps.onFirst called when the first subscriber of a topic comes; what it returns, when the last one has gone
 */
export const createEventHub = (deps: {
  clock: Clock;
  bootId: string;
  onFirst: (topic: string) => () => void;
}): EventHub => {
  const history = createEventHistory(deps.bootId);
  const audiences = createAudiences({ onFirst: deps.onFirst, keep: history.keep, forget: history.forget });
  const subscribers = new Set<Subscriber>();
  let pending: Pending[] = [];
  let tick: NodeJS.Timeout | undefined;
  let flushedMs = Number.NEGATIVE_INFINITY;

  const flush = (): void => {
    clearTimeout(tick);
    tick = undefined;
    flushedMs = deps.clock.monotonicMs();
    const framesFor = gather(pending);
    pending = [];
    for (const subscriber of [...subscribers]) {
      const frames = framesFor(subscriber);
      if (frames.length > 0) subscriber.send(frames);
    }
  };
  const leave = (subscriber: Subscriber): void => {
    if (!subscribers.delete(subscriber)) return;
    for (const topic of subscriber.topics) audiences.leave(topic);
  };
  const heartbeat = setInterval(() => {
    for (const subscriber of [...subscribers]) subscriber.beat();
  }, HEARTBEAT_MS).unref();

  return {
    publish: (topic, event) => {
      const recorded = history.record(topic, event);
      if (recorded === undefined) return;
      pending.push({ topic, frame: recorded.frame });
      // What happens alone is told at once; under load a subscriber is written to once in a tick.
      tick ??= setTimeout(flush, Math.max(0, flushedMs + TICK_MS - deps.clock.monotonicMs()));
    },
    join: ({ topics, sink, lastEventId, onDrop }) => {
      // Everything so far is out, so that nothing comes twice: once from the history and once with the next tick.
      flush();
      const subscriber: Subscriber = createSubscriber({
        topics,
        sink,
        clock: deps.clock,
        resyncFrame: history.resyncFrame,
        onDrop: (reason) => {
          leave(subscriber);
          onDrop(reason);
        },
      });
      const first = history.greeting([...subscriber.topics], lastEventId);
      subscribers.add(subscriber);
      for (const topic of subscriber.topics) audiences.enter(topic);
      subscriber.send(first);
      return { drained: subscriber.drained, leave: () => leave(subscriber) };
    },
    resyncAll: () => {
      flush();
      history.breakOff();
      const frame = history.resyncFrame();
      for (const subscriber of [...subscribers]) subscriber.send(frame);
    },
    get subscriberCount() {
      return subscribers.size;
    },
    close: () => {
      clearTimeout(tick);
      clearInterval(heartbeat);
      audiences.close();
      subscribers.clear();
    },
  };
};
