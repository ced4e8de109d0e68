/** Arithmetic on blocks of rows: merge, restrict, take means and maxima. Pure. */
import type { Block } from '../../lib/packing/block.ts';

/** Half open, Unix milliseconds. */
export interface TimeRange {
  from: number;
  to: number;
}

/** Means and maxima of the rows in each step; `at` is the beginning of the step. */
export interface Rolled {
  at: Float64Array;
  mean: readonly Float32Array[];
  max: readonly Float32Array[];
}

const isAscending = (at: Float64Array): boolean => {
  for (let index = 1; index < at.length; index += 1) if (!((at[index] ?? 0) > (at[index - 1] ?? 0))) return false;
  return true;
};

/** Which rows are wanted, in order of time. Of rows with the same instant one is kept: they are the same row, read twice. */
const orderOf = (at: Float64Array, { from, to }: TimeRange): Uint32Array => {
  const order = Uint32Array.from(at.keys()).filter((index) => {
    const instant = at[index] ?? Number.NaN;
    return instant >= from && instant < to;
  });
  order.sort((left, right) => (at[left] ?? 0) - (at[right] ?? 0));
  return order.filter((index, position) => position === 0 || at[index] !== at[order[position - 1] ?? 0]);
};

/** Index of the first instant that is not before `limit`. */
const lowerBound = (at: Float64Array, limit: number): number => {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((at[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** How to take the wanted rows out of a column. Nearly always they are one piece, in order already. */
const rowPicker = (at: Float64Array, range: TimeRange): (<T extends Float32Array | Float64Array>(column: T) => T) => {
  if (isAscending(at)) {
    const bounds = [lowerBound(at, range.from), lowerBound(at, range.to)] as const;
    return <T extends Float32Array | Float64Array>(column: T) => column.subarray(...bounds) as T;
  }
  const order = orderOf(at, range);
  return <T extends Float32Array | Float64Array>(column: T) => {
    const picked = column.slice(0, order.length) as T;
    for (let row = 0; row < order.length; row += 1) picked[row] = column[order[row] ?? 0] ?? Number.NaN;
    return picked;
  };
};

const concat = <T extends Float32Array | Float64Array>(parts: readonly T[], make: (length: number) => T): T => {
  const whole = make(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
};
const floats = (length: number) => new Float32Array(length);
const instants = (length: number) => new Float64Array(length);

/** Rows of all blocks within the range, ascending, each instant once. Every block has `width` columns. */
export const mergeBlocks = (blocks: readonly Block[], width: number, range: TimeRange): Block => {
  const at = concat(
    blocks.map((block) => block.at),
    instants,
  );
  const pick = rowPicker(at, range);
  const columns = Array.from({ length: width }, (_, index) =>
    pick(
      concat(
        blocks.map((block) => block.columns[index] ?? floats(block.at.length).fill(Number.NaN)),
        floats,
      ),
    ),
  );
  return { at: pick(at), columns };
};

/** First row of each step, and the end. `at` ascends. */
const stepsOf = (at: Float64Array, stepMs: number): { starts: Float64Array; bounds: number[] } => {
  const starts: number[] = [];
  const bounds: number[] = [];
  for (const [index, instant] of at.entries()) {
    const start = Math.floor(instant / stepMs) * stepMs;
    if (start === starts.at(-1)) continue;
    starts.push(start);
    bounds.push(index);
  }
  return { starts: Float64Array.from(starts), bounds: [...bounds, at.length] };
};

/** One number for each step; NaN, which is "not known", counts neither way. */
const reduceSteps = (
  column: Float32Array,
  bounds: readonly number[],
  reduce: (column: Float32Array, from: number, to: number) => number,
): Float32Array => {
  const reduced = new Float32Array(bounds.length - 1);
  for (let step = 0; step < reduced.length; step += 1)
    reduced[step] = reduce(column, bounds[step] ?? 0, bounds[step + 1] ?? 0);
  return reduced;
};

const meanOf = (column: Float32Array, from: number, to: number): number => {
  let sum = 0;
  let count = 0;
  for (let index = from; index < to; index += 1) {
    const value = column[index] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? Number.NaN : sum / count;
};
const maxOf = (column: Float32Array, from: number, to: number): number => {
  let highest = Number.NaN;
  for (let index = from; index < to; index += 1) {
    const value = column[index] ?? Number.NaN;
    if (!(value <= highest)) highest = Number.isNaN(value) ? highest : value;
  }
  return highest;
};

/** Coarser rows: the mean of the means and the maximum of the maxima. */
export const rollUp = ({ at, mean, max }: Rolled, stepMs: number): Rolled => {
  const { starts, bounds } = stepsOf(at, stepMs);
  return {
    at: starts,
    mean: mean.map((column) => reduceSteps(column, bounds, meanOf)),
    max: max.map((column) => reduceSteps(column, bounds, maxOf)),
  };
};
export const rollUpSamples = ({ at, columns }: Block, stepMs: number): Rolled =>
  rollUp({ at, mean: columns, max: columns }, stepMs);

/** How rolled rows are packed: all means, then all maxima. */
export const toBlock = ({ at, mean, max }: Rolled): Block => ({ at, columns: [...mean, ...max] });
export const fromBlock = ({ at, columns }: Block): Rolled => ({
  at,
  mean: columns.slice(0, columns.length / 2),
  max: columns.slice(columns.length / 2),
});
