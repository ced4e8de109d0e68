/**
 * Notes which hours have to be rolled up. The hour that is running is noted once for each series and core; a past hour,
 * which may have been rolled up already, each time a late sample of it is committed.
 */
import type pg from 'pg';
import type { Clock } from '../../lib/clock.ts';
import type { HotRow } from './copy-rows.ts';
import { HOUR_MS, startOf } from './rings.ts';

export interface DirtyHour {
  seriesId: number;
  /** Unix milliseconds of its beginning. */
  hour: number;
}
export interface DirtyHours {
  /** Writes the marks of these rows in the caller's transaction and returns them. */
  mark(client: pg.ClientBase, rows: readonly HotRow[]): Promise<DirtyHour[]>;
  /** Call it when that transaction is committed: until then the marks may vanish. */
  remember(marks: readonly DirtyHour[]): void;
}

/** An hour is rolled up this long after its end: samples on their way still count at the first go. */
export const ROLL_UP_DELAY_MS = 60_000;

export const createDirtyHours = (clock: Clock): DirtyHours => {
  /** Per series the newest hour that is marked and not over. */
  const marked = new Map<number, number>();

  const isNew = ({ seriesId, hour }: DirtyHour, nowMs: number): boolean =>
    marked.get(seriesId) !== hour || hour + HOUR_MS <= nowMs;

  return {
    mark: async (client, rows) => {
      const nowMs = clock.now().getTime();
      const unique = new Map<string, DirtyHour>();
      for (const { seriesId, at } of rows) {
        const mark = { seriesId, hour: startOf(HOUR_MS, at) };
        if (isNew(mark, nowMs)) unique.set(`${seriesId}/${mark.hour}`, mark);
      }
      const marks = [...unique.values()];
      if (marks.length === 0) return marks;
      await client.query({
        name: 'metric_mark_dirty',
        text: 'INSERT INTO metric_dirty (series_id, hour) SELECT * FROM unnest($1::int[], $2::timestamptz[])',
        values: [marks.map(({ seriesId }) => seriesId), marks.map(({ hour }) => new Date(hour))],
      });
      return marks;
    },
    remember: (marks) => {
      for (const { seriesId, hour } of marks) {
        if (hour >= (marked.get(seriesId) ?? 0)) marked.set(seriesId, hour);
      }
    },
  };
};
