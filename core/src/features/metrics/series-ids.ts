/**
 * The numbers under which series are stored. Read once and remembered: an id never changes, and a series is only removed
 * when nothing of it is left, which is 13 months after its last sample.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import type { Log } from '../../lib/log.ts';
import type { SeriesKind } from './precision.ts';
import { DAY_MS } from './rings.ts';

export interface SeriesKey {
  nodeId: string;
  kind: SeriesKind;
  /** First 12 hex digits of the container's id; empty for the host. */
  key: string;
  /** The three as one text, made once: the ingest looks it up for every row. */
  text: string;
}
export interface SeriesIds {
  find(series: SeriesKey): Promise<number | undefined>;
  /** Creates what is missing. A series that may not be created (see `MAX_NEW_PER_NODE`) is absent from the answer. */
  ensure(wanted: readonly SeriesKey[]): Promise<ReadonlyMap<string, number>>;
}

/** A node that invents container ids must not fill the table: within a day no more than so many new ones are stored. */
const MAX_NEW_PER_NODE = 10_000;
const MAX_REMEMBERED = 200_000;

export const seriesKey = (nodeId: string, kind: SeriesKind, key: string): SeriesKey => ({
  nodeId,
  kind,
  key,
  text: `${nodeId}/${kind}/${key}`,
});

const columnsOf = (wanted: readonly SeriesKey[]): unknown[] => [
  wanted.map(({ nodeId }) => nodeId),
  wanted.map(({ kind }) => kind),
  wanted.map(({ key }) => key),
];
const FIND = `SELECT s.id, s.node_id || '/' || s.kind || '/' || s.key AS text FROM metric_series s
  JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS w (node_id, kind, key) USING (node_id, kind, key)`;
/** A node that was removed in the meantime has no series any more. */
const CREATE = `INSERT INTO metric_series (node_id, kind, key)
  SELECT w.* FROM unnest($1::uuid[], $2::text[], $3::text[]) AS w (node_id, kind, key)
  WHERE EXISTS (SELECT FROM nodes WHERE nodes.id = w.node_id)
  ON CONFLICT DO NOTHING`;

/** Counts what each node has created since the day began, by the core's clock. */
const createDailyBudget = (clock: Clock, log: Log) => {
  let day = 0;
  let created = new Map<string, number>();
  return (nodeId: string): boolean => {
    const today = Math.floor(clock.now().getTime() / DAY_MS);
    if (today !== day) {
      day = today;
      created = new Map();
    }
    const count = (created.get(nodeId) ?? 0) + 1;
    created.set(nodeId, count);
    if (count === MAX_NEW_PER_NODE + 1) log.warn('node names too many new containers; history not kept', { nodeId });
    return count <= MAX_NEW_PER_NODE;
  };
};

export const createSeriesIds = (deps: { database: Database; clock: Clock; log: Log }): SeriesIds => {
  const { database } = deps;
  const known = new Map<string, number>();
  const mayCreate = createDailyBudget(deps.clock, deps.log);

  const load = (wanted: readonly SeriesKey[]): Promise<void> =>
    database.withClient(async (client) => {
      const { rows } = await client.query<{ id: number; text: string }>({
        name: 'metric_find_series',
        text: FIND,
        values: columnsOf(wanted),
      });
      for (const { id, text } of rows) known.set(text, id);
    });
  const missingOf = (wanted: readonly SeriesKey[]) => wanted.filter(({ text }) => !known.has(text));

  return {
    find: async (series) => {
      if (!known.has(series.text)) await load([series]);
      return known.get(series.text);
    },
    ensure: async (wanted) => {
      if (known.size > MAX_REMEMBERED) known.clear();
      const unread = missingOf(wanted);
      if (unread.length === 0) return known;
      await load(unread);
      const absent = missingOf(unread).filter(({ nodeId, kind }) => kind === 'host' || mayCreate(nodeId));
      if (absent.length === 0) return known;
      await database.withClient((client) => client.query(CREATE, columnsOf(absent)));
      await load(absent);
      return known;
    },
  };
};
