/**
 * Turns the samples of whole hours into one-minute and ten-minute rows. Driven by the marks of `dirty-hours.ts`; running an
 * hour again gives the same rows, with late samples included. Marks are read before the samples, so a sample that is
 * committed in between leaves a mark for the next run.
 */
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type pg from 'pg';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import type { Block } from '../../lib/packing/block.ts';
import { packBlock } from '../../lib/packing/block.ts';
import type { Rolled } from './columns.ts';
import { mergeBlocks, rollUp, rollUpSamples, toBlock } from './columns.ts';
import { ROLL_UP_DELAY_MS } from './dirty-hours.ts';
import type { SeriesKind } from './precision.ts';
import { fieldCount, roundColumn } from './precision.ts';
import { readRolled, readSamples } from './queries.ts';
import type { RolledRing } from './rings.ts';
import { HOUR_MS, MINUTES, OLDEST_SAMPLE_MS, slotOf, startOf, TEN_MINUTES } from './rings.ts';

interface Due {
  hour: number;
  kind: SeriesKind;
  seriesIds: number[];
  markIds: number[];
}

const MAX_MARKS = 5000;
/** Bounds memory and the length of a transaction: 20 hosts watched each second are about 2 million values. */
const MAX_SERIES = 20;
/** Two runs at once, of two cores, would lose each other's rows of the same day. */
const ROLL_UP_LOCK = 7_041_995;

/** Marks of hours that are over, as units of work. Marks of removed series are dropped on the way. */
const listDue = async (client: pg.ClientBase, nowMs: number): Promise<Due[]> => {
  const { rows } = await client.query<{ id: string; series_id: number; hour: Date; kind: SeriesKind | null }>(
    `SELECT d.id, d.series_id, d.hour, s.kind FROM metric_dirty d LEFT JOIN metric_series s ON s.id = d.series_id
     WHERE d.hour <= $1 ORDER BY d.id LIMIT ${MAX_MARKS}`,
    [new Date(nowMs - HOUR_MS - ROLL_UP_DELAY_MS)],
  );
  const orphans = rows.filter(({ kind }) => kind === null).map(({ id }) => Number(id));
  if (orphans.length > 0) await client.query('DELETE FROM metric_dirty WHERE id = ANY ($1)', [orphans]);
  const due = new Map<string, Due>();
  for (const { id, series_id, hour, kind } of rows) {
    if (kind === null) continue;
    const key = `${hour.getTime()}/${kind}`;
    const work = due.get(key) ?? { hour: hour.getTime(), kind, seriesIds: [], markIds: [] };
    if (!work.seriesIds.includes(series_id)) work.seriesIds.push(series_id);
    work.markIds.push(Number(id));
    due.set(key, work);
  }
  return [...due.values()];
};

interface StoredBlock {
  seriesId: number;
  from: number;
  block: Block;
}

/** An hour whose samples may be partly gone already keeps the rows that it has. */
const saveBlocks = async (
  client: pg.ClientBase,
  ring: RolledRing,
  blocks: readonly StoredBlock[],
  mayReplace: boolean,
) => {
  if (blocks.length === 0) return;
  await client.query({
    name: `metric_save_${ring.table}_${mayReplace}`,
    text: `INSERT INTO ${ring.table} (series_id, slot, from_at, body)
           SELECT * FROM unnest($1::int[], $2::smallint[], $3::timestamptz[], $4::bytea[])
           ON CONFLICT (series_id, from_at, slot) DO ${mayReplace ? 'UPDATE SET body = excluded.body' : 'NOTHING'}`,
    values: [
      blocks.map(({ seriesId }) => seriesId),
      blocks.map(({ from }) => slotOf(ring, from)),
      blocks.map(({ from }) => new Date(from)),
      blocks.map(({ block }) => packBlock(block)),
    ],
  });
};

/** Means are as fine as what they were made of: further digits are noise, and half of the packed size. */
const rounded = (kind: SeriesKind, { at, mean, max }: Rolled): Rolled => ({
  at,
  mean: mean.map((column, index) => roundColumn(kind, index, column)),
  max,
});

/** The day's block with the rows of one hour exchanged. */
const withHour = (day: Block | undefined, hour: number, rows: Rolled, width: number): Block => {
  const everything = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  const known = day ?? { at: new Float64Array(), columns: [] };
  const before = mergeBlocks([known], width, { ...everything, to: hour });
  const after = mergeBlocks([known], width, { ...everything, from: hour + HOUR_MS });
  return mergeBlocks([before, toBlock(rows), after], width, everything);
};

const rollHour = async (
  client: pg.ClientBase,
  { hour, kind }: Due,
  seriesIds: readonly number[],
  mayReplace: boolean,
) => {
  const width = fieldCount(kind);
  const range = { from: hour, to: hour + HOUR_MS };
  const columns = Array.from({ length: width }, (_, index) => index);
  const both = Array.from({ length: 2 * width }, (_, index) => index);
  const samples = await readSamples(client, { seriesIds, columns, range });
  const day = startOf(TEN_MINUTES.blockMs, hour);
  const days = await readRolled(client, TEN_MINUTES, { seriesIds, columns: both, range: { from: day, to: day + 1 } });
  const minuteBlocks: StoredBlock[] = [];
  const dayBlocks: StoredBlock[] = [];
  for (const [seriesId, block] of samples) {
    if (block.at.length === 0) continue;
    const minutes = rounded(kind, rollUpSamples(block, MINUTES.stepMs));
    minuteBlocks.push({ seriesId, from: hour, block: toBlock(minutes) });
    const tens = rounded(kind, rollUp(minutes, TEN_MINUTES.stepMs));
    dayBlocks.push({ seriesId, from: day, block: withHour(days.get(seriesId)?.[0], hour, tens, 2 * width) });
    await yieldToOthers();
  }
  await saveBlocks(client, MINUTES, minuteBlocks, mayReplace);
  if (mayReplace) await saveBlocks(client, TEN_MINUTES, dayBlocks, true);
};

const rollDue = (database: Database, due: Due, seriesIds: readonly number[], mayReplace: boolean): Promise<void> =>
  database.withClient(async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [ROLL_UP_LOCK]);
    await rollHour(client, due, seriesIds, mayReplace);
    await client.query('COMMIT');
  });

/** Rolls up every hour that is due. Returns how many series hours that were. */
export const rollUpDueHours = async (
  deps: { database: Database; clock: Clock },
  signal: AbortSignal,
): Promise<number> => {
  const { database, clock } = deps;
  let count = 0;
  for (;;) {
    const nowMs = clock.now().getTime();
    const works = await database.withClient((client) => listDue(client, nowMs));
    if (works.length === 0) return count;
    for (const work of works) {
      const mayReplace = nowMs - work.hour <= OLDEST_SAMPLE_MS;
      for (let start = 0; start < work.seriesIds.length; start += MAX_SERIES) {
        signal.throwIfAborted();
        await rollDue(database, work, work.seriesIds.slice(start, start + MAX_SERIES), mayReplace);
      }
      count += work.seriesIds.length;
      // Last: a run that was cut short leaves its marks, and doing an hour twice does no harm.
      await database.withClient((client) =>
        client.query('DELETE FROM metric_dirty WHERE id = ANY ($1)', [work.markIds]),
      );
    }
  }
};
