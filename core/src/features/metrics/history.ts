/**
 * Charts: one series over a range of time. Stored roll-ups are completed from the samples up to this moment, so that a chart
 * never ends an hour ago, and the answer never has more than `MAX_POINTS` points.
 */
import type { Resolution, Series } from '@serverbox/contract/series';
import type pg from 'pg';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import { AppError } from '../../lib/errors.ts';
import type { Rolled, TimeRange } from './columns.ts';
import { fromBlock, mergeBlocks, rollUp, rollUpSamples } from './columns.ts';
import { fieldCount, tellColumn } from './precision.ts';
import { readRolled, readSamples } from './queries.ts';
import type { RolledRing } from './rings.ts';
import { HOUR_MS, MINUTES, OLDEST_SAMPLE_MS, RAW, startOf, TEN_MINUTES } from './rings.ts';
import type { SeriesIds, SeriesKey } from './series-ids.ts';

export interface HistoryRequest {
  series: SeriesKey;
  /** Names of the fields and their columns. */
  fields: readonly { name: string; column: number }[];
  range: TimeRange;
  resolution?: Resolution | undefined;
}

const MAX_POINTS = 2000;
/** Points before gaps are marked, each by a point of its own. */
const MAX_ROWS = 1800;
const RAW_SPAN_MS = 2.5 * HOUR_MS;
/** Samples come every second or every five; three missed ones in a row are a gap. */
const RAW_GAP_MS = 16_000;
const GAP_STEPS = 2.5;

/** The finest resolution that still exists for this range and does not overflow. */
const pickResolution = ({ from, to }: TimeRange, nowMs: number): Resolution => {
  if (to - from <= RAW_SPAN_MS && nowMs - from <= RAW.keepMs) return 'raw';
  if (to - from <= MAX_ROWS * MINUTES.stepMs && nowMs - from <= MINUTES.keepMs) return '1m';
  return '10m';
};

/** Puts an unknown point into each hole, so that a chart does not draw a line across it. */
const withGaps = (rows: Rolled, gapMs: number): Rolled => {
  const holes: number[] = [];
  for (let index = 1; index < rows.at.length && rows.at.length + holes.length < MAX_POINTS; index += 1) {
    const before = rows.at[index - 1] ?? 0;
    const after = rows.at[index] ?? 0;
    if (after - before > gapMs) holes.push((before + after) / 2);
  }
  if (holes.length === 0) return rows;
  const marks = { at: Float64Array.from(holes), columns: [] };
  const range = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  const merge = (columns: readonly Float32Array[]) =>
    mergeBlocks([{ at: rows.at, columns }, marks], columns.length, range);
  const mean = merge(rows.mean);
  return { at: mean.at, mean: mean.columns, max: merge(rows.max).columns };
};

const toSeries = (rows: Rolled, { fields, series: { kind } }: HistoryRequest, resolution: Resolution): Series => {
  const tell = (columns: readonly Float32Array[]) =>
    Object.fromEntries(
      columns.map((values, index) => {
        const field = fields[index];
        return [field?.name ?? '', tellColumn(kind, field?.column ?? 0, values)];
      }),
    );
  return { resolution, at: [...rows.at].map(Math.round), values: tell(rows.mean), max: tell(rows.max) };
};

const readRolledRows = async (
  client: pg.ClientBase,
  ring: RolledRing,
  seriesId: number,
  { fields, series: { kind }, range }: HistoryRequest,
  nowMs: number,
): Promise<Rolled> => {
  const columns = fields.map(({ column }) => column);
  const both = [...columns, ...columns.map((column) => column + fieldCount(kind))];
  const stored = await readRolled(client, ring, { seriesIds: [seriesId], columns: both, range });
  const from = startOf(ring.stepMs, range.from);
  const rows = mergeBlocks(stored.get(seriesId) ?? [], both.length, { from, to: range.to });
  const lastAt = rows.at.at(-1);
  const tailFrom = Math.max(
    lastAt === undefined ? from : lastAt + ring.stepMs,
    startOf(ring.stepMs, nowMs - OLDEST_SAMPLE_MS),
  );
  if (tailFrom >= range.to) return fromBlock(rows);
  const tailRange = { from: tailFrom, to: range.to };
  const samples = await readSamples(client, { seriesIds: [seriesId], columns, range: tailRange });
  const tailSamples = samples.get(seriesId);
  if (tailSamples === undefined) return fromBlock(rows);
  const tail = rollUpSamples(tailSamples, ring.stepMs);
  const whole = { from, to: Number.POSITIVE_INFINITY };
  return fromBlock(mergeBlocks([rows, { at: tail.at, columns: [...tail.mean, ...tail.max] }], both.length, whole));
};

const readRows = async (
  client: pg.ClientBase,
  seriesId: number,
  request: HistoryRequest,
  nowMs: number,
  resolution: Resolution,
) => {
  if (resolution !== 'raw') {
    return readRolledRows(client, resolution === '1m' ? MINUTES : TEN_MINUTES, seriesId, request, nowMs);
  }
  const columns = request.fields.map(({ column }) => column);
  const samples = await readSamples(client, { seriesIds: [seriesId], columns, range: request.range });
  const block = samples.get(seriesId);
  return {
    at: block?.at ?? new Float64Array(),
    mean: block?.columns ?? columns.map(() => new Float32Array()),
    max: [],
  };
};

/** At most `MAX_ROWS` rows. Samples that have to be combined become means with maxima. */
const thin = (rows: Rolled, { from, to }: TimeRange, stepMs: number): { rows: Rolled; gapMs: number } => {
  const isRaw = stepMs === 0;
  if (rows.at.length <= MAX_ROWS) return { rows, gapMs: isRaw ? RAW_GAP_MS : stepMs * GAP_STEPS };
  const unitMs = isRaw ? 1000 : stepMs;
  const coarseMs = Math.ceil((to - from) / (MAX_ROWS - 1) / unitMs) * unitMs;
  const coarse = rollUp(isRaw ? { ...rows, max: rows.mean } : rows, coarseMs);
  return { rows: coarse, gapMs: Math.max(coarseMs * GAP_STEPS, isRaw ? RAW_GAP_MS : 0) };
};

export type ReadHistory = (request: HistoryRequest) => Promise<Series>;

/** @throws AppError `bad_request` when the range is empty; a series without samples is an answer without points */
export const createHistory = (deps: { database: Database; clock: Clock; seriesIds: SeriesIds }): ReadHistory => {
  const { database, clock, seriesIds } = deps;
  return async (request) => {
    const nowMs = clock.now().getTime();
    const range = {
      from: Math.max(request.range.from, nowMs - TEN_MINUTES.keepMs),
      to: Math.min(request.range.to, nowMs + 1000),
    };
    if (request.range.from >= request.range.to) throw new AppError('bad_request', '`from` must be before `to`.');
    const resolution = request.resolution ?? pickResolution(range, nowMs);
    const bounded = { ...request, range };
    const seriesId = await seriesIds.find(request.series);
    const isEmpty = seriesId === undefined || range.from >= range.to;
    const none = { at: new Float64Array(), mean: request.fields.map(() => new Float32Array()), max: [] };
    if (isEmpty) return toSeries(none, request, resolution);
    const rows = await database.withClient((client) => readRows(client, seriesId, bounded, nowMs, resolution));
    const stepMs = resolution === 'raw' ? 0 : resolution === '1m' ? MINUTES.stepMs : TEN_MINUTES.stepMs;
    const thinned = thin(rows, range, stepMs);
    return toSeries(withGaps(thinned.rows, thinned.gapMs), bounded, resolution);
  };
};
