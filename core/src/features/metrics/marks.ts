/** The high-water marks: which samples of which spool are committed. */
import type { NodeId } from '@serverbox/contract/ids';
import { and, eq, max } from 'drizzle-orm';
import type pg from 'pg';
import type { Db } from '../../lib/db/orm.ts';
import { metricMarks } from '../../schema/metrics.ts';
import type { Spool } from './sample.ts';

/** The highest committed number of this spool. Creates the mark, so that a batch always finds a row to lock. */
export const ensureMark = async (db: Db, nodeId: NodeId, epoch: string): Promise<number> => {
  const where = and(eq(metricMarks.nodeId, nodeId), eq(metricMarks.epoch, epoch));
  const find = () => db.select({ lastSeq: metricMarks.lastSeq }).from(metricMarks).where(where);
  const [found] = await find();
  if (found !== undefined) return found.lastSeq;
  await db.insert(metricMarks).values({ nodeId, epoch, lastSeq: 0 }).onConflictDoNothing();
  const [made] = await find();
  return made?.lastSeq ?? 0;
};

/** For each node, when its newest sample was taken. Nodes that never sent one are absent. */
export const listLastSampleTimes = async (db: Db): Promise<Map<string, Date>> => {
  const rows = await db
    .select({ nodeId: metricMarks.nodeId, lastAt: max(metricMarks.lastAt) })
    .from(metricMarks)
    .groupBy(metricMarks.nodeId);
  return new Map(rows.flatMap(({ nodeId, lastAt }) => (lastAt === null ? [] : [[nodeId, lastAt] as const])));
};

export interface Mark {
  spool: Spool;
  lastSeq: number;
  lastAtMs: number;
}

/**
 * Locks the marks of these spools until the transaction ends and returns them; a mark that is gone belongs to a removed node.
 * The order keeps two cores from waiting for each other.
 */
export const lockMarks = async (client: pg.ClientBase, spools: readonly Spool[]) => {
  const { rows } = await client.query<{ key: string; last_seq: string }>({
    name: 'metric_lock_marks',
    text: `SELECT node_id || '/' || epoch AS key, last_seq FROM metric_marks
           WHERE (node_id, epoch) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))
           ORDER BY node_id, epoch FOR UPDATE`,
    values: [spools.map(({ nodeId }) => nodeId), spools.map(({ epoch }) => epoch)],
  });
  return new Map(rows.map(({ key, last_seq }) => [key, Number(last_seq)]));
};

export const saveMarks = async (client: pg.ClientBase, marks: readonly Mark[]): Promise<void> => {
  await client.query({
    name: 'metric_save_marks',
    text: `UPDATE metric_marks AS m
           SET last_seq = n.last_seq, last_at = greatest(m.last_at, n.last_at), updated_at = now()
           FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[]) AS n (node_id, epoch, last_seq, last_at)
           WHERE m.node_id = n.node_id AND m.epoch = n.epoch`,
    values: [
      marks.map(({ spool }) => spool.nodeId),
      marks.map(({ spool }) => spool.epoch),
      marks.map(({ lastSeq }) => lastSeq),
      marks.map(({ lastAtMs }) => new Date(lastAtMs)),
    ],
  });
};
