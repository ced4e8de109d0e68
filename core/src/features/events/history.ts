/** Numbers the events and remembers the recent ones of each topic; knows what a client that comes back has missed. */
import type { LiveEvent } from '@serverbox/contract/events';
import type { EventRing, RecentEvent } from './ring.ts';
import { createEventRing } from './ring.ts';

export interface EventHistory {
  /** Undefined when nobody could ask for events of this topic: then nothing is serialised either. */
  record(topic: string, event: LiveEvent): RecentEvent | undefined;
  /** The frame that says "read everything anew", as of now. */
  resyncFrame(): Buffer;
  /** What a client that has seen everything up to `lastEventId` gets first. */
  greeting(topics: readonly string[], lastEventId: string | undefined): Buffer;
  keep(topic: string): void;
  forget(topic: string): void;
  /** From now on everybody who was here before has a gap. */
  breakOff(): void;
}

/** A larger rest is not worth sending: the client reads everything anew. */
const MAX_REPLAY_BYTES = 512 * 1024;
const EVENT_ID = /^([0-9a-f]{8})-(\d{1,15})$/;

/** Metrics come all the time and are worth nothing to nobody; the others are rare. */
const isAlwaysKept = (topic: string): boolean => !topic.startsWith('metrics:');

/** @param bootId eight hex digits, new at each start: ids of an earlier one mean nothing */
export const createEventHistory = (bootId: string): EventHistory => {
  const rings = new Map<string, EventRing>();
  let seq = 0;

  const ringOf = (topic: string): EventRing => {
    const ring = rings.get(topic) ?? createEventRing(isAlwaysKept(topic));
    rings.set(topic, ring);
    return ring;
  };
  const idLine = (): string => `id: ${bootId}-${seq}\n`;
  const frameOf = (event: LiveEvent): Buffer => Buffer.from(`${idLine()}data: ${JSON.stringify(event)}\n\n`);
  const resyncFrame = (): Buffer => frameOf({ type: 'resync' });
  const hasGap = (topics: readonly string[], boot: string | undefined, seen: number): boolean =>
    boot !== bootId || seen > seq || topics.some((topic) => ringOf(topic).droppedSeq > seen);

  return {
    resyncFrame,
    record: (topic, event) => {
      seq += 1;
      const ring = ringOf(topic);
      if (!ring.isKept) {
        ring.skip(seq);
        return undefined;
      }
      const recorded = { seq, frame: frameOf(event) };
      ring.add(recorded);
      return recorded;
    },
    greeting: (topics, lastEventId) => {
      // An id without data: the point from which this client can go on, even if no event ever comes.
      const here = Buffer.from(`${idLine()}\n`);
      if (lastEventId === undefined) return here;
      const [, boot, number] = EVENT_ID.exec(lastEventId) ?? [];
      const seen = Number(number);
      if (hasGap(topics, boot, seen)) return resyncFrame();
      const missed = topics.flatMap((topic) => ringOf(topic).listAfter(seen));
      missed.sort((left, right) => left.seq - right.seq);
      const frames = Buffer.concat([...missed.map(({ frame }) => frame), here]);
      return frames.length > MAX_REPLAY_BYTES ? resyncFrame() : frames;
    },
    keep: (topic) => {
      ringOf(topic).isKept = true;
    },
    forget: (topic) => {
      if (isAlwaysKept(topic)) return;
      const ring = ringOf(topic);
      ring.isKept = false;
      ring.clear();
    },
    breakOff: () => {
      seq += 1;
      for (const ring of rings.values()) {
        ring.clear();
        ring.skip(seq);
      }
    },
  };
};
