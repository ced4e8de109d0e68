/**
 * Parts of fleet commands as jobs of nodes that ask by long-poll. A job is claimed by being answered, by one question only; what
 * comes later has to name the attempt, and what comes too late changes nothing.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { JobAnswer, JobCompleteInput, JobOutputInput, PendingJob } from '@serverbox/contract/poll';
import type { RunId } from '@serverbox/contract/runs';
import { MAX_RUN_OUTPUT_BYTES } from '@serverbox/contract/runs';
import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError } from '../../lib/errors.ts';
import { runs, runTargets } from '../../schema/runs.ts';
import type { Ending } from './execute.ts';
import { ending, stopped, wordsOf } from './execute.ts';
import type { Stored } from './head.ts';
import { addChunk } from './head.ts';
import { settle } from './leases.ts';
import { leaseFor } from './queries.ts';

/** Several times as long as the agent holds a question open. */
const POLL_LEASE_SECONDS = 90;
/** A job that was answered and not heard of since is answered again: the answer may have been lost on its way. */
const OFFER_AGAIN_SECONDS = 5;
/** So long after its deadline a job may still report: the agent ends commands, too. */
const REPORT_SECONDS = 120;
/** `cancel` tells at most so many at a time. */
const MAX_CANCELLED = 100;

export interface PollJobs {
  /**
   * The oldest job that waits for this node; from now on it is this question's. Until the node has confirmed it by `output`,
   * it is offered again with the same attempt after a while; the node knows by the attempt that it runs it already.
   */
  claim(nodeId: NodeId): Promise<z.infer<typeof PendingJob> | null>;
  /**
   * Adds to the outputs, confirms the job and keeps it alive: to be called when the command begins and then at least every
   * 30 s, also with no chunks.
   */
  output(nodeId: NodeId, report: z.infer<typeof JobOutputInput>): Promise<z.infer<typeof JobAnswer>>;
  /** Says how it ended. Said twice, it is accepted twice. */
  complete(nodeId: NodeId, report: z.infer<typeof JobCompleteInput>): Promise<z.infer<typeof JobAnswer>>;
  /** Whether there is such a job of this node, in whatever state. */
  has(nodeId: NodeId, jobId: string): Promise<boolean>;
  /** Jobs that run on this node and are to be ended. */
  cancelled(nodeId: NodeId): Promise<string[]>;
}

interface PollDeps {
  database: Database;
  clock: Clock;
  onChanged(runId: RunId, nodeId: NodeId): void;
  onEnded(runId: RunId): Promise<void>;
}

const claimed = {
  runId: runTargets.runId,
  jobId: runTargets.jobId,
  attempt: runTargets.attempt,
  command: runs.command,
  timeoutMs: runs.timeoutMs,
};

const claimRow = async (db: Db, nodeId: NodeId) => {
  const oldest = sql`(
    SELECT job_id FROM run_targets
    WHERE node_id = ${nodeId} AND outcome = 'waiting' AND carrier = 'poll' AND lease_until > now()
    ORDER BY run_id LIMIT 1 FOR UPDATE SKIP LOCKED
  )`;
  const [row] = await db
    .update(runTargets)
    .set({
      outcome: 'running',
      attempt: sql`${runTargets.attempt} + 1`,
      leaseUntil: leaseFor(POLL_LEASE_SECONDS),
    })
    .from(runs)
    .where(and(eq(runs.id, runTargets.runId), sql`${runTargets.jobId} = ${oldest}`))
    .returning(claimed);
  return row;
};

/** The oldest job that was answered a while ago and that the node has not confirmed. */
const offerAgain = async (db: Db, nodeId: NodeId) => {
  const unheard = sql`(
    SELECT job_id FROM run_targets
    WHERE node_id = ${nodeId} AND outcome = 'running' AND carrier = 'poll' AND started_at IS NULL
      AND lease_until > now() AND lease_until <= ${leaseFor(POLL_LEASE_SECONDS - OFFER_AGAIN_SECONDS)}
    ORDER BY run_id LIMIT 1 FOR UPDATE SKIP LOCKED
  )`;
  const [row] = await db
    .update(runTargets)
    .set({ leaseUntil: leaseFor(POLL_LEASE_SECONDS) })
    .from(runs)
    .where(and(eq(runs.id, runTargets.runId), sql`${runTargets.jobId} = ${unheard}`))
    .returning(claimed);
  return row;
};

/** Locks the job until the transaction ends. */
const lockJob = async (tx: Db, nodeId: NodeId, jobId: string) => {
  const [row] = await tx
    .select({
      runId: runTargets.runId,
      attempt: runTargets.attempt,
      outcome: runTargets.outcome,
      startedAt: runTargets.startedAt,
      stdoutBytes: runTargets.stdoutBytes,
      stderrBytes: runTargets.stderrBytes,
      timeoutMs: runs.timeoutMs,
      cancelledAt: runs.cancelledAt,
    })
    .from(runTargets)
    .innerJoin(runs, eq(runs.id, runTargets.runId))
    .where(and(eq(runTargets.jobId, jobId), eq(runTargets.nodeId, nodeId), eq(runTargets.carrier, 'poll')))
    .for('update', { of: runTargets });
  return row;
};

type Chunks = z.infer<typeof JobOutputInput>['chunks'];
interface Output extends Stored {
  append: Buffer;
}

/** What the chunks of one stream add. @throws AppError `bad_request` for a gap */
const gather = (chunks: Chunks, stream: Chunks[number]['stream'], totalBytes: number): Output =>
  chunks
    .filter((chunk) => chunk.stream === stream)
    .reduce<Output>(
      (output, { offset, text }) => {
        const added = addChunk(output, { offset, bytes: Buffer.from(text, 'base64') }, MAX_RUN_OUTPUT_BYTES);
        if (added === undefined) throw new AppError('bad_request', 'chunks: an earlier part of the output is missing');
        return { ...added, append: Buffer.concat([output.append, added.append]) };
      },
      { totalBytes, keptBytes: Math.min(totalBytes, MAX_RUN_OUTPUT_BYTES), append: Buffer.alloc(0) },
    );

const NO = { accepted: false, cancel: true };
const NO_NEWS = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

type Report = z.infer<typeof JobCompleteInput>;

const endingOf = ({ outcome, exitCode, signal }: Report, timeoutMs: number): Ending => {
  if (outcome === 'timed_out' || outcome === 'cancelled') return stopped(outcome, timeoutMs);
  if (outcome === 'refused') return ending('refused', "The node's own policy does not permit commands.");
  return { outcome, exitCode, signal, reason: null };
};

/** Undefined when the report is not for what runs; `isNew` is false when the same was said before. */
const completeRow = async (tx: Db, nodeId: NodeId, { report, endedAt }: { report: Report; endedAt: Date }) => {
  const { jobId, attempt, outcome } = report;
  const row = await lockJob(tx, nodeId, jobId);
  if (row === undefined || row.attempt !== attempt) return undefined;
  const runId = row.runId as RunId;
  if (row.outcome === outcome) return { runId, isNew: false };
  if (row.outcome !== 'running') return undefined;
  const { stdoutBytes, stderrBytes } = row;
  const news = { ...NO_NEWS, stdoutBytes, stderrBytes };
  await settle(tx, { jobId, attempt }, { ending: endingOf(report, row.timeoutMs), endedAt, news });
  return { runId, isNew: true };
};

export const createPollJobs = ({ database, clock, onChanged, onEnded }: PollDeps): PollJobs => ({
  claim: async (nodeId) => {
    const row = (await offerAgain(database.db, nodeId)) ?? (await claimRow(database.db, nodeId));
    if (row === undefined) return null;
    onChanged(row.runId as RunId, nodeId);
    const { jobId, attempt, timeoutMs } = row;
    return { jobId, attempt, timeoutMs, ...wordsOf(row.command) };
  },

  output: async (nodeId, { jobId, attempt, chunks }) => {
    const job = await database.transaction(async (tx) => {
      const row = await lockJob(tx, nodeId, jobId);
      if (row === undefined || row.attempt !== attempt || row.outcome !== 'running') return undefined;
      const stdout = gather(chunks, 'stdout', row.stdoutBytes);
      const stderr = gather(chunks, 'stderr', row.stderrBytes);
      const startedAt = row.startedAt ?? clock.now();
      const lastReport = new Date(startedAt.getTime() + row.timeoutMs + REPORT_SECONDS * 1000);
      await tx
        .update(runTargets)
        .set({
          stdout: sql`${runTargets.stdout} || ${stdout.append}`,
          stderr: sql`${runTargets.stderr} || ${stderr.append}`,
          stdoutBytes: stdout.totalBytes,
          stderrBytes: stderr.totalBytes,
          startedAt,
          leaseUntil: sql`least(${leaseFor(POLL_LEASE_SECONDS)}, ${lastReport.toISOString()}::timestamptz)`,
        })
        .where(eq(runTargets.jobId, jobId));
      return row;
    });
    if (job === undefined) return NO;
    if (chunks.length > 0 || job.startedAt === null) onChanged(job.runId as RunId, nodeId);
    return { accepted: true, cancel: job.cancelledAt !== null };
  },

  complete: async (nodeId, report) => {
    const found = await database.transaction((tx) => completeRow(tx, nodeId, { report, endedAt: clock.now() }));
    if (found === undefined) return NO;
    if (found.isNew) {
      onChanged(found.runId, nodeId);
      await onEnded(found.runId);
    }
    return { accepted: true, cancel: false };
  },

  has: async (nodeId, jobId) =>
    (await database.db.$count(runTargets, and(eq(runTargets.jobId, jobId), eq(runTargets.nodeId, nodeId)))) > 0,

  cancelled: async (nodeId) => {
    const rows = await database.db
      .select({ jobId: runTargets.jobId })
      .from(runTargets)
      .innerJoin(runs, eq(runs.id, runTargets.runId))
      .where(
        and(
          eq(runTargets.nodeId, nodeId),
          eq(runTargets.outcome, 'running'),
          eq(runTargets.carrier, 'poll'),
          isNotNull(runs.cancelledAt),
        ),
      )
      .limit(MAX_CANCELLED);
    return rows.map(({ jobId }) => jobId);
  },
});
