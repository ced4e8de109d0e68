/**
 * One listener and what it may cost: frames are handed over until a megabyte waits unread, then nothing more, and when it
 * has caught up it is told to read everything anew. One that never catches up is dropped.
 */
import type { Clock } from '../../lib/clock.ts';

/** Where frames go: the raw response of one client. May throw; that ends this subscriber only. */
export interface Sink {
  write(frame: Buffer): void;
  /** Bytes that were written and not taken yet. */
  readonly waitingBytes: number;
}

export interface Subscriber {
  readonly topics: ReadonlySet<string>;
  /** Equal for subscribers with equal topics, so that they share what is put together for them. */
  readonly topicsKey: string;
  send(frame: Buffer): void;
  /** To be called when the sink has taken everything: a subscriber that fell behind starts anew. */
  drained(): void;
  beat(): void;
}

const MAX_WAITING_BYTES = 1024 * 1024;
const MAX_STALLED_MS = 30_000;
const HEARTBEAT = Buffer.from(': beat\n\n');

export const createSubscriber = (deps: {
  topics: readonly string[];
  sink: Sink;
  clock: Clock;
  /** The frame that says "read everything anew", as of now. */
  resyncFrame: () => Buffer;
  onDrop: (reason: string) => void;
}): Subscriber => {
  const { sink, clock, resyncFrame, onDrop } = deps;
  const topics = new Set(deps.topics);
  let stalledSinceMs: number | undefined;
  let isDropped = false;

  const drop = (reason: string): void => {
    isDropped = true;
    onDrop(reason);
  };
  const write = (frame: Buffer): void => {
    if (isDropped) return;
    try {
      sink.write(frame);
    } catch {
      // Whatever went wrong there, the others go on: the connection of this one is given up.
      drop('sink failed');
    }
  };

  return {
    topics,
    topicsKey: [...topics].sort().join(','),
    send: (frame) => {
      if (stalledSinceMs !== undefined) return;
      const { waitingBytes } = sink;
      // Who has taken everything is not behind, however much this tick holds; only one who is will ever drain.
      const isBehind = waitingBytes > 0 && waitingBytes + frame.length > MAX_WAITING_BYTES;
      if (isBehind) stalledSinceMs = clock.monotonicMs();
      else write(frame);
    },
    drained: () => {
      if (stalledSinceMs === undefined) return;
      stalledSinceMs = undefined;
      write(resyncFrame());
    },
    beat: () => {
      if (stalledSinceMs === undefined) write(HEARTBEAT);
      else if (!isDropped && clock.monotonicMs() - stalledSinceMs > MAX_STALLED_MS) drop('stalled');
    },
  };
};
