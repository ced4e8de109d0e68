/**
 * How finely each field is kept. Digits beyond what a measurement means (a hundredth of a per cent of CPU, a byte a second)
 * are noise that costs two to three bytes a value in the packed history.
 */
import type { ContainerField, HostField } from '@serverbox/contract/metrics';
import { CONTAINER_FIELDS, HOST_FIELDS } from '@serverbox/contract/metrics';

const KIB = 1024;
const RATIO = 1 / 10_000;

const HOST_STEPS: Record<HostField, number> = {
  cpuRatio: RATIO,
  cpuUserRatio: RATIO,
  cpuSystemRatio: RATIO,
  cpuIowaitRatio: RATIO,
  cpuStealRatio: RATIO,
  load1: 0.01,
  load5: 0.01,
  load15: 0.01,
  memTotalBytes: KIB,
  memUsedBytes: KIB,
  memCachedBytes: KIB,
  swapTotalBytes: KIB,
  swapUsedBytes: KIB,
  diskTotalBytes: KIB,
  diskUsedBytes: KIB,
  diskInodesRatio: RATIO,
  diskReadBytesPerSecond: 1,
  diskWriteBytesPerSecond: 1,
  diskBusyRatio: 0.001,
  netRxBytesPerSecond: 1,
  netTxBytesPerSecond: 1,
  tcpEstablished: 1,
  processCount: 1,
  temperatureCelsius: 0.1,
};
const CONTAINER_STEPS: Record<ContainerField, number> = {
  cpuCores: RATIO,
  memUsedBytes: KIB,
  memLimitBytes: KIB,
  netRxBytesPerSecond: 1,
  netTxBytesPerSecond: 1,
  blockReadBytesPerSecond: 1,
  blockWriteBytesPerSecond: 1,
  pids: 1,
};

export type SeriesKind = 'host' | 'container';

/** The largest 32-bit float is a little more. */
const MAX_FLOAT = 3.4e38;

const scaleOf = (step: number) => (step >= 1 ? { times: step, per: 1 } : { times: 1, per: Math.round(1 / step) });
const SCALES = {
  host: HOST_FIELDS.map((field) => scaleOf(HOST_STEPS[field])),
  container: CONTAINER_FIELDS.map((field) => scaleOf(CONTAINER_STEPS[field])),
} as const;

/**
 * The value of column `index` of this kind, rounded to the field's step; NaN when it is not known or (no agent of ours sends
 * that) does not fit a 32-bit float. Rounding again what was read back as a float gives the same number.
 */
export const roundToStep = (kind: SeriesKind, index: number, value: number | null): number => {
  const scale = SCALES[kind][index];
  if (value === null || scale === undefined || !(Math.abs(value) <= MAX_FLOAT)) return Number.NaN;
  return (Math.round((value * scale.per) / scale.times) * scale.times) / scale.per + 0;
};

/** How values are told: decimals as they were meant (0.1, not 0.10000000149), null where nothing is known. */
export const toTold = (kind: SeriesKind, index: number, stored: number | null): number | null => {
  const value = roundToStep(kind, index, stored);
  return Number.isNaN(value) ? null : value;
};
/** A whole column; written as a loop, because charts tell thousands of values. */
export const tellColumn = (kind: SeriesKind, index: number, stored: Float32Array): (number | null)[] => {
  const told: (number | null)[] = [];
  for (const value of stored) told.push(toTold(kind, index, value));
  return told;
};
export const tellRow = (kind: SeriesKind, values: readonly (number | null)[]): (number | null)[] =>
  values.map((value, index) => toTold(kind, index, value));

/** How values are kept: in the order of the fields, NaN where nothing is known. */
export const toStored = (told: readonly (number | null)[]): Float32Array => {
  const stored = new Float32Array(told.length);
  for (let index = 0; index < stored.length; index += 1) stored[index] = told[index] ?? Number.NaN;
  return stored;
};

/** The same rounding for a whole column, for what was computed from rounded values. */
export const roundColumn = (kind: SeriesKind, index: number, column: Float32Array): Float32Array =>
  column.map((value) => roundToStep(kind, index, value));

export const fieldCount = (kind: SeriesKind): number => SCALES[kind].length;
