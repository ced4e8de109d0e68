/** Lets go of what is older than each ring keeps, by emptying whole slots, and of the few rows beside them. */
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import type { Ring } from './rings.ts';
import { MINUTES, RAW, slotTable, TEN_MINUTES } from './rings.ts';

const EXPIRING = [RAW, MINUTES, TEN_MINUTES];

/** Slots that hold nothing that is kept: all but those of the periods from the oldest kept instant to the next period. */
export const listExpiredSlots = (ring: Ring & { keepMs: number }, nowMs: number): number[] => {
  const oldest = Math.floor((nowMs - ring.keepMs) / ring.slotMs);
  // A block lies in the slot of its beginning (raw ones: of its end), so the period of the oldest kept instant is kept whole.
  const newest = Math.floor(nowMs / ring.slotMs);
  const live = new Set(Array.from({ length: newest - oldest + 1 }, (_, index) => (oldest + index) % ring.slotCount));
  return Array.from({ length: ring.slotCount }, (_, slot) => slot).filter((slot) => !live.has(slot));
};

/** A series that nothing is left of: older than the longest ring, and without any row in it. */
const DELETE_SERIES = `DELETE FROM metric_series WHERE id IN (
  SELECT id FROM metric_series s WHERE kind = 'container' AND created_at < $1
    AND NOT EXISTS (SELECT FROM metric_10m WHERE series_id = s.id)
    AND NOT EXISTS (SELECT FROM metric_hot WHERE series_id = s.id) LIMIT 10000)`;

export const expireMetrics = async (deps: { database: Database; clock: Clock }, signal: AbortSignal): Promise<void> => {
  const nowMs = deps.clock.now().getTime();
  for (const ring of EXPIRING) {
    for (const slot of listExpiredSlots(ring, nowMs)) {
      signal.throwIfAborted();
      const table = slotTable(ring, slot);
      await deps.database.withClient(async (client) => {
        const { rows } = await client.query(`SELECT FROM ${table} LIMIT 1`);
        if (rows.length > 0) await client.query('SELECT empty_metric_slot($1)', [table]);
      });
    }
  }
  const oldestAt = new Date(nowMs - TEN_MINUTES.keepMs);
  await deps.database.withClient(async (client) => {
    await client.query(DELETE_SERIES, [oldestAt]);
    await client.query('DELETE FROM metric_marks WHERE updated_at < $1', [oldestAt]);
  });
};
