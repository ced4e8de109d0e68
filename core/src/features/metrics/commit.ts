/**
 * One batch of samples into the database, all or nothing: rows, high-water marks and what has to be rolled up. Exactly once,
 * whatever happens to the connection: the marks are locked and read first, so a batch whose commit was never answered is
 * recognised when it comes again.
 */
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import type { HotRow } from './copy-rows.ts';
import { COPY_HOT, encodeHotRows } from './copy-rows.ts';
import type { DirtyHours } from './dirty-hours.ts';
import type { Mark } from './marks.ts';
import { lockMarks, saveMarks } from './marks.ts';
import { HOT, slotOf } from './rings.ts';
import type { Sample } from './sample.ts';
import type { SeriesIds, SeriesKey } from './series-ids.ts';

const COPY_TIMEOUT_MS = 35_000;

export interface CommitDeps {
  database: Database;
  clock: Clock;
  seriesIds: SeriesIds;
  dirtyHours: DirtyHours;
}

const listSeries = (samples: readonly Sample[]): SeriesKey[] => {
  const unique = new Map<string, SeriesKey>();
  for (const { rows } of samples) for (const { series } of rows) unique.set(series.text, series);
  return [...unique.values()];
};

/** The new mark of each spool: samples of one spool are in order. */
const highest = (samples: readonly Sample[]): Mark[] => {
  const marks = new Map<string, Mark>();
  for (const { spool, seq, at } of samples) {
    const mark = marks.get(spool.key);
    if (mark === undefined) marks.set(spool.key, { spool, lastSeq: seq, lastAtMs: at });
    else Object.assign(mark, { lastSeq: seq, lastAtMs: Math.max(at, mark.lastAtMs) });
  }
  return [...marks.values()];
};

/** Also what is twice in the batch: a reconnected agent sends again what its lost stream had queued here. */
const withoutCommitted = (samples: readonly Sample[], committed: ReadonlyMap<string, number>): Sample[] => {
  const marks = new Map(committed);
  return samples.filter(({ spool, seq }) => {
    const mark = marks.get(spool.key);
    if (mark === undefined || seq <= mark) return false;
    marks.set(spool.key, seq);
    return true;
  });
};

const rowsOf = (samples: readonly Sample[], ids: ReadonlyMap<string, number>, slot: number): HotRow[] => {
  const hotRows: HotRow[] = [];
  for (const { at, rows } of samples) {
    for (const { series, values } of rows) {
      const seriesId = ids.get(series.text);
      if (seriesId !== undefined) hotRows.push({ seriesId, slot, at, values });
    }
  }
  return hotRows;
};

const copyRows = async (client: pg.ClientBase, rows: readonly HotRow[]): Promise<void> => {
  if (rows.length === 0) return;
  // The driver's own limits do not cover streams: a server that stopped in the middle would hold the batch for ever.
  const signal = AbortSignal.timeout(COPY_TIMEOUT_MS);
  await pipeline([encodeHotRows(rows)], client.query(copyFrom(COPY_HOT)), { signal });
};

/** Commits what is not committed yet. @throws AppError `database_unavailable`, or whatever the database refuses */
export const commitSamples = async (deps: CommitDeps, samples: readonly Sample[]): Promise<void> => {
  const { database, clock, seriesIds, dirtyHours } = deps;
  const ids = await seriesIds.ensure(listSeries(samples));
  const slot = slotOf(HOT, clock.now().getTime());
  const marked = await database.withClient(async (client) => {
    await client.query('BEGIN');
    const committed = await lockMarks(
      client,
      highest(samples).map(({ spool }) => spool),
    );
    const fresh = withoutCommitted(samples, committed);
    const rows = rowsOf(fresh, ids, slot);
    await copyRows(client, rows);
    await saveMarks(client, highest(fresh));
    const marks = await dirtyHours.mark(client, rows);
    await client.query('COMMIT');
    return marks;
  });
  // Only now: a mark of a batch that was rolled back is not in the table.
  dirtyHours.remember(marked);
};
