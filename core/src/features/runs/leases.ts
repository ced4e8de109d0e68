/**
 * The life of one node's part in the database: waiting, running, over. Whoever has a part holds its lease; every write names
 * the attempt that it belongs to, so that one that was given up can change nothing any more.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { RunCommand, RunId } from '@serverbox/contract/runs';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../../lib/db/orm.ts';
import { runs, runTargets } from '../../schema/runs.ts';
import type { Ending } from './execute.ts';
import { leaseFor } from './queries.ts';

/** Long enough for a database that is away for a moment, short enough that nobody waits long for the truth. */
export const LINK_LEASE_SECONDS = 20;
/** How long a part waits for a node that asks by long-poll to ask. */
const POLL_WAIT_SECONDS = 300;

const REASONS = {
  link: 'Server Box restarted while it ran; how it ended is not known.',
  poll: 'The node stopped reporting while it ran; how it ended is not known.',
  waiting: 'The node did not ask for it in time.',
};

export interface Attempt {
  jobId: string;
  attempt: number;
}
/** What is new of the outputs, and how much there was in all. */
export interface OutputNews {
  stdout: Buffer;
  stderr: Buffer;
  stdoutBytes: number;
  stderrBytes: number;
}

const isAttempt = ({ jobId, attempt }: Attempt) =>
  and(eq(runTargets.jobId, jobId), eq(runTargets.attempt, attempt), eq(runTargets.outcome, 'running'));

const appended = ({ stdout, stderr, stdoutBytes, stderrBytes }: OutputNews) => ({
  ...(stdout.length > 0 && { stdout: sql`${runTargets.stdout} || ${stdout}` }),
  ...(stderr.length > 0 && { stderr: sql`${runTargets.stderr} || ${stderr}` }),
  stdoutBytes,
  stderrBytes,
});

/** Undefined when it was cancelled, or taken by somebody else, meanwhile. */
export const begin = async (db: Db, jobId: string, startedAt: Date): Promise<Attempt | undefined> => {
  const [row] = await db
    .update(runTargets)
    .set({
      outcome: 'running',
      startedAt,
      attempt: sql`${runTargets.attempt} + 1`,
      leaseUntil: leaseFor(LINK_LEASE_SECONDS),
    })
    .where(and(eq(runTargets.jobId, jobId), eq(runTargets.outcome, 'waiting')))
    .returning({ attempt: runTargets.attempt });
  return row && { jobId, attempt: row.attempt };
};

/** Leaves it to the node, which asks by long-poll. */
export const handToPoll = async (db: Db, jobId: string): Promise<void> => {
  await db
    .update(runTargets)
    .set({ carrier: 'poll', leaseUntil: leaseFor(POLL_WAIT_SECONDS) })
    .where(and(eq(runTargets.jobId, jobId), eq(runTargets.outcome, 'waiting')));
};

export const saveProgress = async (db: Db, attempt: Attempt, news: OutputNews): Promise<void> => {
  await db.update(runTargets).set(appended(news)).where(isAttempt(attempt));
};

export const settle = async (
  db: Db,
  attempt: Attempt,
  { ending, endedAt, news }: { ending: Ending; endedAt: Date; news: OutputNews },
): Promise<void> => {
  await db
    .update(runTargets)
    .set({
      ...ending,
      ...{ endedAt, leaseUntil: null },
      startedAt: sql`coalesce(${runTargets.startedAt}, ${endedAt.toISOString()}::timestamptz)`,
      ...appended(news),
    })
    .where(isAttempt(attempt));
};

/** Ends what never began. */
export const settleWaiting = async (db: Db, jobId: string, ending: Ending, endedAt: Date): Promise<void> => {
  await db
    .update(runTargets)
    .set({ ...ending, endedAt, leaseUntil: null })
    .where(and(eq(runTargets.jobId, jobId), eq(runTargets.outcome, 'waiting')));
};

/** Keeps the parts that this core has; returns those whose run was cancelled, in case nobody said so. */
export const renewLeases = async (db: Db, jobIds: readonly string[]): Promise<Set<string>> => {
  const rows = await db
    .update(runTargets)
    .set({ leaseUntil: leaseFor(LINK_LEASE_SECONDS) })
    .from(runs)
    .where(
      and(
        eq(runs.id, runTargets.runId),
        inArray(runTargets.jobId, [...jobIds]),
        eq(runTargets.carrier, 'link'),
        inArray(runTargets.outcome, ['waiting', 'running']),
      ),
    )
    .returning({ jobId: runTargets.jobId, cancelledAt: runs.cancelledAt });
  return new Set(rows.filter(({ cancelledAt }) => cancelledAt !== null).map(({ jobId }) => jobId));
};

/** Gives back what had not begun: the next core to look takes it. */
export const releaseWaiting = async (db: Db, jobIds: readonly string[]): Promise<void> => {
  await db
    .update(runTargets)
    .set({ leaseUntil: sql`now()` })
    .where(and(inArray(runTargets.jobId, [...jobIds]), eq(runTargets.outcome, 'waiting')));
};

/** Lets go of what is running here: nobody will hear how it ends. */
export const abandon = async (db: Db, jobIds: readonly string[], endedAt: Date): Promise<void> => {
  await db
    .update(runTargets)
    .set({ outcome: 'unreachable', reason: REASONS.link, endedAt, leaseUntil: null })
    .where(and(inArray(runTargets.jobId, [...jobIds]), eq(runTargets.outcome, 'running')));
};

export interface Job {
  runId: RunId;
  nodeId: NodeId;
  jobId: string;
  command: RunCommand;
  timeoutMs: number;
}

const MAX_TAKEN = 1000;

/** Takes over parts that had not begun when whoever had them went away; each goes to one core only. */
export const takeOver = async (db: Db): Promise<Job[]> => {
  const free = sql`(
    SELECT job_id FROM run_targets
    WHERE outcome = 'waiting' AND carrier = 'link' AND lease_until <= now()
    LIMIT ${MAX_TAKEN} FOR UPDATE SKIP LOCKED
  )`;
  const rows = await db
    .update(runTargets)
    .set({ leaseUntil: leaseFor(LINK_LEASE_SECONDS) })
    .from(runs)
    .where(and(eq(runs.id, runTargets.runId), sql`${runTargets.jobId} IN ${free}`))
    .returning({
      runId: runTargets.runId,
      nodeId: runTargets.nodeId,
      jobId: runTargets.jobId,
      command: runs.command,
      timeoutMs: runs.timeoutMs,
    });
  return rows.map((row) => ({ ...row, runId: row.runId as RunId, nodeId: row.nodeId as NodeId }));
};

/** Ends what nobody has any more. How a command ended that was lost sight of is not known, and is not guessed. */
export const expireLeases = async (db: Db, endedAt: Date): Promise<{ runId: RunId; nodeId: NodeId }[]> => {
  const { outcome, carrier } = runTargets;
  const reason = sql`CASE WHEN ${outcome} = 'waiting' THEN ${REASONS.waiting} WHEN ${carrier} = 'poll' THEN ${REASONS.poll} ELSE ${REASONS.link} END`;
  const rows = await db
    .update(runTargets)
    .set({ outcome: 'unreachable', reason, endedAt, leaseUntil: null })
    .where(
      and(
        inArray(outcome, ['waiting', 'running']),
        sql`${runTargets.leaseUntil} <= now()`,
        sql`NOT (${outcome} = 'waiting' AND ${carrier} = 'link')`,
      ),
    )
    .returning({ runId: runTargets.runId, nodeId: runTargets.nodeId });
  return rows.map((row) => ({ runId: row.runId as RunId, nodeId: row.nodeId as NodeId }));
};
