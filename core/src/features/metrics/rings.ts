/**
 * Where measurements are kept and how long. A ring is a partitioned table whose slots take turns by time (see the migration
 * `metric_rings`): a slot is emptied as a whole when everything in it is too old, which costs nothing however much it held.
 */
const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export interface Ring {
  table: 'metric_hot' | 'metric_raw' | 'metric_1m' | 'metric_10m';
  slotCount: number;
  slotMs: number;
}

/** Samples by the hour of their arrival. Packed, and the slot emptied, when the youngest is an hour old. */
export const HOT = { table: 'metric_hot', slotCount: 4, slotMs: HOUR_MS } as const satisfies Ring;

/** Packed samples, by the day of a block's end. Slots: the current day, two kept ones, one to be emptied. */
export const RAW = { table: 'metric_raw', slotCount: 4, slotMs: DAY_MS, keepMs: 2 * DAY_MS } as const satisfies Ring & {
  keepMs: number;
};

/** A ring of means and maxima: rows every `stepMs`, in blocks that start at whole multiples of `blockMs`. */
export interface RolledRing extends Ring {
  table: 'metric_1m' | 'metric_10m';
  keepMs: number;
  stepMs: number;
  blockMs: number;
}
export const MINUTES: RolledRing = {
  table: 'metric_1m',
  slotCount: 6,
  slotMs: 8 * DAY_MS,
  keepMs: 30 * DAY_MS,
  stepMs: MINUTE_MS,
  blockMs: HOUR_MS,
};
export const TEN_MINUTES: RolledRing = {
  table: 'metric_10m',
  slotCount: 14,
  slotMs: 35 * DAY_MS,
  keepMs: 396 * DAY_MS, // 13 months
  stepMs: 10 * MINUTE_MS,
  blockMs: DAY_MS,
};

/** Samples older than this come too late: their hour could no longer be rolled up from all of its samples. */
export const OLDEST_SAMPLE_MS = RAW.keepMs - HOUR_MS;

/** `atMs` is Unix time. */
export const slotOf = (ring: Ring, atMs: number): number => Math.floor(atMs / ring.slotMs) % ring.slotCount;
export const slotTable = (ring: Ring, slot: number): string => `${ring.table}_${slot}`;
export const startOf = (periodMs: number, atMs: number): number => Math.floor(atMs / periodMs) * periodMs;
