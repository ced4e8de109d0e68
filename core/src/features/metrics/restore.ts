/** After a restart: the newest stored values of each host, so that a list is not empty until every agent has reported again. */
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import type pg from 'pg';
import type { Database } from '../../lib/db/database.ts';
import type { Block } from '../../lib/packing/block.ts';
import { unpackBlock } from '../../lib/packing/block.ts';
import type { LatestValues } from './latest.ts';
import { toTold } from './precision.ts';

const newestRow = ({ at, columns }: Block): { at: number; values: number[] } | undefined => {
  const index = at.length - 1;
  const last = at[index];
  if (last === undefined) return undefined;
  return { at: last, values: columns.slice(0, HOST_FIELDS.length).map((column) => column[index] ?? Number.NaN) };
};

interface Newest {
  nodeId: string;
  at: number;
  values: readonly number[];
}

const listNewestHot = async (client: pg.ClientBase): Promise<Newest[]> => {
  const { rows } = await client.query<{ node_id: string; at: Date; v: number[] }>(
    `SELECT s.node_id, h.at, h.v FROM metric_series s CROSS JOIN LATERAL (
       SELECT at, v FROM metric_hot WHERE series_id = s.id ORDER BY at DESC LIMIT 1) h WHERE s.kind = 'host'`,
  );
  return rows.map(({ node_id, at, v }) => ({ nodeId: node_id, at: at.getTime(), values: v }));
};

/** Of hosts that are silent for hours: their newest packed samples, or else their newest one-minute means. */
const listNewestPacked = async (
  client: pg.ClientBase,
  table: 'metric_raw' | 'metric_1m',
  except: readonly string[],
) => {
  const { rows } = await client.query<{ node_id: string; body: Buffer }>(
    `SELECT s.node_id, b.body FROM metric_series s CROSS JOIN LATERAL (
       SELECT body FROM ${table} WHERE series_id = s.id ORDER BY from_at DESC LIMIT 1) b
     WHERE s.kind = 'host' AND NOT s.node_id = ANY ($1::uuid[])`,
    [except],
  );
  return rows.flatMap(({ node_id, body }): Newest[] => {
    const row = newestRow(unpackBlock(body));
    return row === undefined ? [] : [{ nodeId: node_id, ...row }];
  });
};

export const restoreLatest = async (database: Database, latest: LatestValues): Promise<void> => {
  const newest = await database.withClient(async (client) => {
    const found = await listNewestHot(client);
    for (const table of ['metric_raw', 'metric_1m'] as const) {
      const known = found.map(({ nodeId }) => nodeId);
      found.push(...(await listNewestPacked(client, table, known)));
    }
    return found;
  });
  for (const { nodeId, at, values } of newest) {
    const told = HOST_FIELDS.map((_, index) => toTold('host', index, values[index] ?? Number.NaN));
    latest.setReading(nodeId, { values: told, observedAt: new Date(at) });
  }
};
