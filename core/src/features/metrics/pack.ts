/**
 * Moves samples that are an hour old from wide rows into packed blocks, a whole slot of the hot ring at a time and in one
 * transaction: either the blocks are there and the slot is empty, or nothing has happened.
 */
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type pg from 'pg';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import type { Block } from '../../lib/packing/block.ts';
import { packBlock } from '../../lib/packing/block.ts';
import { mergeBlocks } from './columns.ts';
import type { SeriesKind } from './precision.ts';
import { fieldCount } from './precision.ts';
import { readHot } from './queries.ts';
import { HOT, RAW, slotOf, slotTable } from './rings.ts';

/** An hour at five seconds. Larger blocks pack hardly better and cost more where a chart needs a part of one. */
const MAX_BLOCK_ROWS = 720;
const MAX_SERIES = 20;
const EVERYTHING = { from: Date.UTC(1970, 0, 1), to: Date.UTC(9999, 0, 1) };

const split = ({ at, columns }: Block): Block[] =>
  Array.from({ length: Math.ceil(at.length / MAX_BLOCK_ROWS) }, (_, index) => {
    const part: [number, number] = [index * MAX_BLOCK_ROWS, (index + 1) * MAX_BLOCK_ROWS];
    return { at: at.slice(...part), columns: columns.map((column) => column.slice(...part)) };
  });

const saveBlocks = async (client: pg.ClientBase, seriesId: number, blocks: readonly Block[]): Promise<void> => {
  const ends = blocks.map(({ at }) => ({ from: at[0] ?? 0, to: at.at(-1) ?? 0 }));
  await client.query({
    name: 'metric_save_raw',
    text: `INSERT INTO ${RAW.table} (series_id, slot, row_count, from_at, to_at, body)
           SELECT $1, * FROM unnest($2::smallint[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::bytea[])`,
    values: [
      seriesId,
      ends.map(({ to }) => slotOf(RAW, to)),
      blocks.map(({ at }) => at.length),
      ends.map(({ from }) => new Date(from)),
      ends.map(({ to }) => new Date(to)),
      blocks.map(packBlock),
    ],
  });
};

const listSeries = async (client: pg.ClientBase, table: string): Promise<{ kind: SeriesKind; ids: number[] }[]> => {
  // Samples of a series that was removed are not listed; they go with the slot.
  const { rows } = await client.query<{ kind: SeriesKind; ids: number[] }>(
    `SELECT kind, array_agg(id) AS ids FROM metric_series
     WHERE id IN (SELECT DISTINCT series_id FROM ${table}) GROUP BY kind`,
  );
  return rows;
};

const packSeries = async (client: pg.ClientBase, table: string, kind: SeriesKind, seriesIds: readonly number[]) => {
  const columns = Array.from({ length: fieldCount(kind) }, (_, index) => index);
  const rows = await readHot(client, { seriesIds, columns, range: EVERYTHING }, table);
  for (const [seriesId, block] of rows) {
    await saveBlocks(client, seriesId, split(mergeBlocks([block], columns.length, EVERYTHING)));
    await yieldToOthers();
  }
};

const packSlot = async (client: pg.ClientBase, slot: number, signal: AbortSignal): Promise<void> => {
  const table = slotTable(HOT, slot);
  await client.query('BEGIN');
  // Readers go on; a writer with a late clock waits and then writes into the emptied slot.
  await client.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
  for (const { kind, ids } of await listSeries(client, table)) {
    for (let start = 0; start < ids.length; start += MAX_SERIES) {
      signal.throwIfAborted();
      await packSeries(client, table, kind, ids.slice(start, start + MAX_SERIES));
    }
  }
  await client.query('SELECT empty_metric_slot($1)', [table]);
  await client.query('COMMIT');
};

const isEmpty = async (client: pg.ClientBase, table: string): Promise<boolean> => {
  const { rows } = await client.query(`SELECT FROM ${table} LIMIT 1`);
  return rows.length === 0;
};

/** Packs every slot whose youngest sample arrived at least an hour ago. Returns how many slots that were. */
export const packHotSlots = async (
  deps: { database: Database; clock: Clock },
  signal: AbortSignal,
): Promise<number> => {
  const nowMs = deps.clock.now().getTime();
  // The running hour and the one before stay as they are; the others are at least an hour old.
  const kept = [slotOf(HOT, nowMs), slotOf(HOT, nowMs - HOT.slotMs)];
  let packed = 0;
  for (let slot = 0; slot < HOT.slotCount; slot += 1) {
    if (kept.includes(slot)) continue;
    const isPacked = await deps.database.withClient(async (client) => {
      if (await isEmpty(client, slotTable(HOT, slot))) return false;
      await packSlot(client, slot, signal);
      return true;
    });
    if (isPacked) packed += 1;
  }
  return packed;
};
