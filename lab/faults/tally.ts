/**
 * An outside record of what clients were told. A store is honest when it holds everything that was acknowledged, nothing that
 * nobody tried, and nothing twice; what was tried and never answered may be there or not.
 */

export type Comparison = {
  /** Acknowledged, and not there. */
  lost: string[];
  /** There, and never tried. */
  invented: string[];
  /** There more than once. */
  doubled: string[];
};

/** Things that are added and stay. */
export type Tally = {
  /** To be called before the store is asked. */
  attempt(item: string): void;
  /** To be called when the store has said yes. */
  acknowledge(item: string): void;
  readonly attempted: ReadonlySet<string>;
  readonly acknowledged: ReadonlySet<string>;
  compare(found: Iterable<string>): Comparison;
};

export const createTally = (): Tally => {
  const attempted = new Set<string>();
  const acknowledged = new Set<string>();
  return {
    attempt: (item) => void attempted.add(item),
    acknowledge: (item) => {
      if (!attempted.has(item)) throw new Error(`acknowledged before it was tried: ${item}`);
      acknowledged.add(item);
    },
    attempted,
    acknowledged,
    compare: (found) => {
      const seen = new Set<string>();
      const doubled = new Set<string>();
      for (const item of found) {
        if (seen.has(item)) doubled.add(item);
        seen.add(item);
      }
      return {
        lost: [...acknowledged].filter((item) => !seen.has(item)),
        invented: [...seen].filter((item) => !attempted.has(item)),
        doubled: [...doubled],
      };
    },
  };
};

/** One value that a single writer replaces again and again. */
export type Register = {
  attempt(value: string): void;
  acknowledge(value: string): void;
  /** Nobody answered: it may have taken effect, or take effect at any later time, however many values follow. */
  leaveOpen(value: string): void;
  readonly acknowledgedCount: number;
  /** What a reader may find: the last acknowledged value, one that was tried after it, or one that was left open. */
  readonly possible: readonly string[];
};

export const createRegister = (initial: string): Register => {
  let possible = [initial];
  let acknowledgedCount = 0;
  const open: string[] = [];
  return {
    leaveOpen: (value) => void open.push(value),
    attempt: (value) => void possible.push(value),
    acknowledge: (value) => {
      possible = [value];
      acknowledgedCount += 1;
    },
    get acknowledgedCount() {
      return acknowledgedCount;
    },
    get possible() {
      return [...new Set([...possible, ...open])];
    },
  };
};
