/** Rows of fleet commands. Leases go by the database's clock, which all cores share. */
import type { NodeId } from '@serverbox/contract/ids';
import type { RunCommand, RunId } from '@serverbox/contract/runs';
import { MAX_RUNS, RUN_PREVIEW_BYTES } from '@serverbox/contract/runs';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../../lib/db/orm.ts';
import { beforeCursor, newestFirst } from '../../lib/time-cursor.ts';
import { nodes } from '../../schema/nodes.ts';
import { runs, runTargets } from '../../schema/runs.ts';

export type RunRow = Omit<typeof runs.$inferSelect, 'id'> & { id: RunId };
const branded = (row: typeof runs.$inferSelect): RunRow => ({ ...row, id: row.id as RunId });

export interface NewTarget {
  nodeId: NodeId;
  jobId: string;
}

export const leaseFor = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`;

/** @throws QueryError foreign key violation when a node is gone */
export const insertRun = async (
  tx: Db,
  run: { id: RunId; command: RunCommand; timeoutMs: number; actor: string; startedAt: Date },
  targets: readonly NewTarget[],
  leaseSeconds: number,
): Promise<void> => {
  await tx.insert(runs).values(run);
  const leaseUntil = leaseFor(leaseSeconds);
  await tx.insert(runTargets).values(targets.map((target) => ({ runId: run.id, ...target, leaseUntil })));
};

/** Forgets the oldest ones that are over. */
export const trimRuns = async (db: Db): Promise<void> => {
  await db.execute(sql`
    DELETE FROM runs WHERE ended_at IS NOT NULL AND id IN (
      SELECT id FROM runs ORDER BY started_at DESC, id DESC OFFSET ${MAX_RUNS}
    )`);
};

export const countUnfinishedRuns = (db: Db): Promise<number> => db.$count(runs, sql`${runs.endedAt} IS NULL`);

export const findRun = async (db: Db, id: RunId): Promise<RunRow | undefined> => {
  const [row] = await db.select().from(runs).where(eq(runs.id, id));
  return row && branded(row);
};

const keys = { at: runs.startedAt, id: runs.id };

/** Newest first, one more than `limit` where there is more. @throws AppError `bad_request` for a cursor that is none */
export const listRuns = async (
  db: Db,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<RunRow[]> => {
  const rows = await db
    .select()
    .from(runs)
    .where(beforeCursor(keys, cursor))
    .orderBy(...newestFirst(keys))
    .limit(limit + 1);
  return rows.map(branded);
};

const endings = { outcome: runTargets.outcome, exitCode: runTargets.exitCode };

/** How many nodes of each run ended how, or stand where. */
export const countEndings = async (db: Db, ids: readonly RunId[]) =>
  ids.length === 0
    ? []
    : db
        .select({ ...endings, runId: runTargets.runId, count: sql<number>`count(*)::int` })
        .from(runTargets)
        .where(inArray(runTargets.runId, [...ids]))
        .groupBy(runTargets.runId, runTargets.outcome, runTargets.exitCode);

const targetColumns = {
  nodeId: runTargets.nodeId,
  nodeName: nodes.name,
  outcome: runTargets.outcome,
  exitCode: runTargets.exitCode,
  signal: runTargets.signal,
  reason: runTargets.reason,
  stdout: runTargets.stdout,
  stderr: runTargets.stderr,
  stdoutKept: sql<number>`octet_length(${runTargets.stdout})`,
  stderrKept: sql<number>`octet_length(${runTargets.stderr})`,
  stdoutBytes: runTargets.stdoutBytes,
  stderrBytes: runTargets.stderrBytes,
  startedAt: runTargets.startedAt,
  endedAt: runTargets.endedAt,
};
const previewOf = (column: typeof runTargets.stdout | typeof runTargets.stderr) =>
  sql<Buffer>`substring(${column} FROM 1 FOR ${RUN_PREVIEW_BYTES})`;

/** By the name of the node, each with the beginning of its outputs. */
export const listTargets = (db: Db, runId: RunId) =>
  db
    .select({ ...targetColumns, stdout: previewOf(runTargets.stdout), stderr: previewOf(runTargets.stderr) })
    .from(runTargets)
    .innerJoin(nodes, eq(nodes.id, runTargets.nodeId))
    .where(eq(runTargets.runId, runId))
    .orderBy(asc(nodes.name));

/** With all of its outputs that is kept. */
export const findTarget = async (db: Db, runId: RunId, nodeId: NodeId) => {
  const [row] = await db
    .select(targetColumns)
    .from(runTargets)
    .innerJoin(nodes, eq(nodes.id, runTargets.nodeId))
    .where(and(eq(runTargets.runId, runId), eq(runTargets.nodeId, nodeId)));
  return row;
};
export type TargetRow = NonNullable<Awaited<ReturnType<typeof findTarget>>>;

/** False when it is over already. */
export const markCancelled = async (tx: Db, id: RunId, at: Date): Promise<boolean> => {
  const rows = await tx
    .update(runs)
    .set({ cancelledAt: sql`coalesce(${runs.cancelledAt}, ${at.toISOString()}::timestamptz)` })
    .where(and(eq(runs.id, id), sql`${runs.endedAt} IS NULL`))
    .returning({ id: runs.id });
  return rows.length === 1;
};

/** What had not begun never begins. */
export const cancelWaiting = async (tx: Db, runId: RunId, at: Date): Promise<NodeId[]> => {
  const rows = await tx
    .update(runTargets)
    .set({ outcome: 'cancelled', reason: 'It was cancelled before it began.', endedAt: at, leaseUntil: null })
    .where(and(eq(runTargets.runId, runId), eq(runTargets.outcome, 'waiting')))
    .returning({ nodeId: runTargets.nodeId });
  return rows.map(({ nodeId }) => nodeId as NodeId);
};

/** Those of the runs, or of all, whose last part is over: each is given to one caller only. */
export const finishRuns = async (db: Db, at: Date, ids?: readonly RunId[]): Promise<RunRow[]> => {
  const isUnfinished = sql`EXISTS (SELECT 1 FROM run_targets t WHERE t.run_id = ${runs.id} AND t.outcome IN ('waiting', 'running'))`;
  const rows = await db
    .update(runs)
    .set({ endedAt: at })
    .where(
      and(
        sql`${runs.endedAt} IS NULL`,
        sql`NOT ${isUnfinished}`,
        ids === undefined ? undefined : inArray(runs.id, [...ids]),
      ),
    )
    .returning();
  return rows.map(branded);
};

/** What is told of each node when a run is over. */
export const listEndings = async (db: Db, runId: RunId) => {
  const { nodeId, outcome, exitCode, signal } = runTargets;
  const rows = await db
    .select({ nodeId, outcome, exitCode, signal })
    .from(runTargets)
    .where(eq(runTargets.runId, runId));
  return rows.map((row) => ({ ...row, nodeId: row.nodeId as NodeId }));
};
