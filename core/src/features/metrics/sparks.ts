/** The last hour of many nodes at a glance: sixty one-minute means of CPU and memory, by one query. */

import type { NodeId } from '@serverbox/contract/ids';
import type { HostField } from '@serverbox/contract/metrics';
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import type { Sparks } from '@serverbox/contract/series';
import type { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import { HOT, MINUTES, startOf } from './rings.ts';

export type Spark = z.infer<typeof Sparks>['items'][number];

const POINTS = 60;
/** PostgreSQL counts array elements from one. */
const column = (field: HostField): string => `NULLIF(v[${HOST_FIELDS.indexOf(field) + 1}], 'NaN')`;
const QUERY = `SELECT s.node_id, floor(date_part('epoch', h.at) / 60) AS minute,
    avg(${column('cpuRatio')}) AS cpu, avg(${column('memUsedBytes')} / NULLIF(${column('memTotalBytes')}, 0)) AS memory
  FROM metric_series s JOIN ${HOT.table} h ON h.series_id = s.id
  WHERE s.kind = 'host' AND s.node_id = ANY ($1::uuid[]) AND h.at >= $2 GROUP BY 1, 2`;

const round = (value: number | null): number | null => (value === null ? null : Math.round(value * 10_000) / 10_000);
const emptySpark = (nodeId: NodeId): Spark => ({
  nodeId,
  cpu: Array.from({ length: POINTS }, () => null),
  memory: Array.from({ length: POINTS }, () => null),
});

/** Answers are remembered until the minute is over: a page full of nodes is asked for again and again. */
export const createSparks = (deps: { database: Database; clock: Clock }) => {
  let minute = 0;
  let remembered = new Map<string, Spark>();

  const load = async (nodeIds: readonly NodeId[]): Promise<void> => {
    const sparks = new Map(nodeIds.map((nodeId) => [nodeId as string, emptySpark(nodeId)]));
    const firstMinute = minute - POINTS + 1;
    const rows = await deps.database.withClient(async (client) => {
      const result = await client.query<{ node_id: string; minute: number; cpu: number | null; memory: number | null }>(
        {
          name: 'metric_sparks',
          text: QUERY,
          values: [nodeIds, new Date(firstMinute * MINUTES.stepMs)],
        },
      );
      return result.rows;
    });
    for (const row of rows) {
      const spark = sparks.get(row.node_id);
      const index = row.minute - firstMinute;
      if (spark === undefined || index < 0 || index >= POINTS) continue;
      spark.cpu[index] = round(row.cpu);
      spark.memory[index] = round(row.memory);
    }
    for (const [nodeId, spark] of sparks) remembered.set(nodeId, spark);
  };

  return async (nodeIds: readonly NodeId[]): Promise<Spark[]> => {
    const current = startOf(MINUTES.stepMs, deps.clock.now().getTime()) / MINUTES.stepMs;
    if (current !== minute) {
      minute = current;
      remembered = new Map();
    }
    const missing = nodeIds.filter((nodeId) => !remembered.has(nodeId));
    if (missing.length > 0) await load(missing);
    return nodeIds.map((nodeId) => remembered.get(nodeId) ?? emptySpark(nodeId));
  };
};
