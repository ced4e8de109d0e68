import type { LogLine } from '@serverbox/contract/containers';

export const LOG_CAPACITY = 20_000;

/** A line with its place in everything that ever arrived, so that a line keeps its identity while older ones leave. */
export interface NumberedLine extends LogLine {
  number: number;
}

export interface LogRing {
  push(lines: readonly LogLine[]): void;
  clear(): void;
  /** Kept lines, oldest first. `number` must lie in [firstNumber, nextNumber). */
  find(number: number): NumberedLine | undefined;
  firstNumber(): number;
  nextNumber(): number;
  /** How many lines left because newer ones needed the room; `clear` starts the count anew. */
  droppedCount(): number;
}

/** The newest `capacity` lines in constant memory. */
export const createLogRing = (capacity = LOG_CAPACITY): LogRing => {
  let slots: NumberedLine[] = [];
  let next = 0;
  let first = 0;
  let dropped = 0;
  return {
    push: (lines) => {
      for (const line of lines) {
        slots[next % capacity] = { ...line, number: next };
        next += 1;
      }
      const oldest = Math.max(first, next - capacity);
      dropped += oldest - first;
      first = oldest;
    },
    clear: () => {
      slots = [];
      first = next;
      dropped = 0;
    },
    find: (number) => (number >= first && number < next ? slots[number % capacity] : undefined),
    firstNumber: () => first,
    nextNumber: () => next,
    droppedCount: () => dropped,
  };
};

type LineFilter = (line: LogLine) => boolean;

interface LogView {
  /** Numbers of the lines that pass the filter, oldest first. A new array after each change, for React to notice. */
  numbers(): readonly number[];
  /** Brings the view up to the ring's present state; looks only at lines that are new. */
  update(): void;
}

/** A filtered window over a ring that costs only the new lines per update, not all of them. */
export const createLogView = (ring: LogRing, filter: LineFilter): LogView => {
  let numbers: readonly number[] = [];
  let seen = ring.firstNumber();
  return {
    numbers: () => numbers,
    update: () => {
      const first = ring.firstNumber();
      const fresh: number[] = [];
      for (let number = Math.max(seen, first); number < ring.nextNumber(); number += 1) {
        const line = ring.find(number);
        if (line && filter(line)) fresh.push(number);
      }
      seen = ring.nextNumber();
      const kept = numbers[0] !== undefined && numbers[0] < first ? numbers.filter((n) => n >= first) : numbers;
      if (fresh.length > 0 || kept !== numbers) numbers = [...kept, ...fresh];
    },
  };
};
