/** The recent events of one topic, bounded, so that a client that was away for a moment can go on where it was. */
export interface RecentEvent {
  seq: number;
  frame: Buffer;
}

export interface EventRing {
  /** Events are kept only while somebody could ask for them; otherwise they only move `droppedSeq`. */
  isKept: boolean;
  /** The newest event that is not in the ring: who has seen less than this has a gap. */
  readonly droppedSeq: number;
  add(event: RecentEvent): void;
  skip(seq: number): void;
  /** Events after `seq`, oldest first. */
  listAfter(seq: number): readonly RecentEvent[];
  clear(): void;
}

const MAX_EVENTS = 512;
const MAX_BYTES = 256 * 1024;

export const createEventRing = (isKept: boolean): EventRing => {
  let events: RecentEvent[] = [];
  let bytes = 0;
  let dropped = 0;

  const dropOldest = (): void => {
    const oldest = events.shift();
    if (oldest === undefined) return;
    bytes -= oldest.frame.length;
    dropped = oldest.seq;
  };
  return {
    isKept,
    get droppedSeq() {
      return dropped;
    },
    add: (event) => {
      events.push(event);
      bytes += event.frame.length;
      while (events.length > MAX_EVENTS || bytes > MAX_BYTES) dropOldest();
    },
    skip: (seq) => {
      dropped = seq;
    },
    listAfter: (seq) => events.filter((event) => event.seq > seq),
    clear: () => {
      dropped = events.at(-1)?.seq ?? dropped;
      events = [];
      bytes = 0;
    },
  };
};
