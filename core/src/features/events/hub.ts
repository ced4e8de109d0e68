/**
 * Fan-out of live events. Each event is serialised once; what happened within a tick goes to a subscriber in one write, and
 * subscribers with the same topics share the bytes. Ids rise over all topics and carry the boot of this core, so a client that
 * reconnects either goes on without a gap or is told to start anew.
 */
import type { LiveEvent } from '@serverbox/contract/events';
import type { Clock } from '../../lib/clock.ts';
import type { EventRing, RecentEvent } from './ring.ts';
import { createEventRing } from './ring.ts';
import type { Sink, Subscriber } from './subscriber.ts';
import { createSubscriber } from './subscriber.ts';

export interface Subscription {
  drained(): void;
  leave(): void;
}
export interface EventHub {
  /** Free of cost while nobody listens to the topic, or did a moment ago. */
  publish(topic: string, event: LiveEvent): void;
  /** Begins with the events since `lastEventId`, or with `resync` where there is a gap. `onDrop`: this one was given up. */
  join(listener: {
    topics: readonly string[];
    sink: Sink;
    lastEventId?: string | undefined;
    onDrop: (reason: string) => void;
  }): Subscription;
  /** Tells everybody to read everything anew: something was missed. */
  resyncAll(): void;
  readonly subscriberCount: number;
  close(): void;
}

export const TICK_MS = 50;
const HEARTBEAT_MS = 15_000;
/** How long the events of a topic that nobody listens to any more are kept for one who reconnects. */
const LINGER_MS = 60_000;
/** A larger rest is not worth sending: the client reads everything anew. */
const MAX_REPLAY_BYTES = 512 * 1024;
const EVENT_ID = /^([0-9a-f]{8})-(\d{1,15})$/;

const isAlwaysKept = (topic: string): boolean => !topic.startsWith('metrics:');

/** Who listens to which topic; the last one who leaves ends what the first one began. */
const createAudiences = (ringOf: (topic: string) => EventRing, onFirst: (topic: string) => () => void) => {
  const audiences = new Map<string, { count: number; end: () => void }>();
  const lingering = new Map<string, NodeJS.Timeout>();

  const forgetLater = (topic: string): void => {
    const timer = setTimeout(() => {
      lingering.delete(topic);
      const ring = ringOf(topic);
      ring.isKept = isAlwaysKept(topic);
      if (!ring.isKept) ring.clear();
    }, LINGER_MS);
    lingering.set(topic, timer.unref());
  };
  return {
    enter: (topic: string): void => {
      const audience = audiences.get(topic);
      if (audience !== undefined) {
        audience.count += 1;
        return;
      }
      clearTimeout(lingering.get(topic));
      lingering.delete(topic);
      ringOf(topic).isKept = true;
      audiences.set(topic, { count: 1, end: onFirst(topic) });
    },
    leave: (topic: string): void => {
      const audience = audiences.get(topic);
      if (audience === undefined) return;
      audience.count -= 1;
      if (audience.count > 0) return;
      audiences.delete(topic);
      audience.end();
      forgetLater(topic);
    },
    close: (): void => {
      for (const timer of lingering.values()) clearTimeout(timer);
      for (const { end } of audiences.values()) end();
      audiences.clear();
    },
  };
};

interface Pending extends RecentEvent {
  topic: string;
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

/** @param bootId eight hex digits, new at each start */
export const createEventHub = (deps: {
  clock: Clock;
  bootId: string;
  /** Called when the first subscriber of a topic comes; what it returns, when the last one has gone. */
  onFirst: (topic: string) => () => void;
}): EventHub => {
  const { clock, bootId } = deps;
  const rings = new Map<string, EventRing>();
  const subscribers = new Set<Subscriber>();
  let seq = 0;
  let pending: Pending[] = [];
  let tick: NodeJS.Timeout | undefined;

  const ringOf = (topic: string): EventRing => {
    const ring = rings.get(topic) ?? createEventRing(isAlwaysKept(topic), 0);
    rings.set(topic, ring);
    return ring;
  };
  const audiences = createAudiences(ringOf, deps.onFirst);
  const idLine = (): string => `id: ${bootId}-${seq}\n`;
  const frameOf = (event: LiveEvent): Buffer => Buffer.from(`${idLine()}data: ${JSON.stringify(event)}\n\n`);
  const resyncFrame = (): Buffer => frameOf({ type: 'resync' });

  const flush = (): void => {
    clearTimeout(tick);
    tick = undefined;
    const framesFor = gather(pending);
    pending = [];
    for (const subscriber of [...subscribers]) {
      const frames = framesFor(subscriber);
      if (frames.length > 0) subscriber.send(frames);
    }
  };
  const heartbeat = setInterval(() => {
    for (const subscriber of [...subscribers]) subscriber.beat();
  }, HEARTBEAT_MS).unref();

  /** What a client that has seen everything up to `lastEventId` gets first. */
  const greeting = (topics: readonly string[], lastEventId: string | undefined): Buffer => {
    // An id without data: the point from which this client can go on, even if no event ever comes.
    const here = Buffer.from(`${idLine()}\n`);
    if (lastEventId === undefined) return here;
    const [, boot, number] = EVENT_ID.exec(lastEventId) ?? [];
    const seen = Number(number);
    const hasGap = boot !== bootId || seen > seq || topics.some((topic) => ringOf(topic).droppedSeq > seen);
    if (hasGap) return resyncFrame();
    const missed = topics.flatMap((topic) => ringOf(topic).listAfter(seen)).sort((left, right) => left.seq - right.seq);
    const frames = Buffer.concat([...missed.map(({ frame }) => frame), here]);
    return frames.length > MAX_REPLAY_BYTES ? resyncFrame() : frames;
  };

  return {
    publish: (topic, event) => {
      seq += 1;
      const ring = ringOf(topic);
      if (!ring.isKept) {
        ring.skip(seq);
        return;
      }
      const frame = frameOf(event);
      ring.add({ seq, frame });
      pending.push({ topic, seq, frame });
      tick ??= setTimeout(flush, TICK_MS);
    },
    join: ({ topics, sink, lastEventId, onDrop }) => {
      // Everything so far is out, so that nothing comes twice: once from the ring and once with the next tick.
      flush();
      const leave = (): void => {
        if (!subscribers.delete(subscriber)) return;
        for (const topic of subscriber.topics) audiences.leave(topic);
      };
      const drop = (reason: string): void => {
        leave();
        onDrop(reason);
      };
      const subscriber: Subscriber = createSubscriber({ topics, sink, clock, resyncFrame, onDrop: drop });
      const first = greeting([...subscriber.topics], lastEventId);
      subscribers.add(subscriber);
      for (const topic of subscriber.topics) audiences.enter(topic);
      subscriber.send(first);
      return { drained: subscriber.drained, leave };
    },
    resyncAll: () => {
      flush();
      seq += 1;
      for (const ring of rings.values()) {
        ring.clear();
        ring.skip(seq);
      }
      const frame = resyncFrame();
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
