import type { RunOutcome } from '@serverbox/contract/run-results';
import type { RunCommand } from '@serverbox/contract/runs';
import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns.ts';
import { nodes } from './nodes.ts';

/** A fleet command. The row is the record: what is still running after a restart of the core is settled from here. */
export const runs = pgTable(
  'runs',
  {
    id: uuid().primaryKey(),
    command: jsonb().$type<RunCommand>().notNull(),
    timeoutMs: integer('timeout_ms').notNull(),
    actor: text().notNull(),
    startedAt: instant('started_at').notNull().defaultNow(),
    endedAt: instant('ended_at'),
    cancelledAt: instant('cancelled_at'),
  },
  (table) => [index('runs_started_at_index').on(table.startedAt)],
);

const NO_BYTES = sql`'\\x'::bytea`;

/** Its part on one node; also the job that a node asks for by long-poll. */
export const runTargets = pgTable(
  'run_targets',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    nodeId: uuid('node_id')
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    jobId: uuid('job_id').notNull().unique('run_targets_job_id_unique'),
    /** Goes up with each claim; answers of an earlier claim are refused. */
    attempt: integer().notNull().default(0),
    outcome: text().$type<RunOutcome>().notNull().default('waiting'),
    exitCode: integer('exit_code'),
    signal: text(),
    reason: text(),
    /** The beginning of what it wrote, up to the cap; the counts below tell how much it was in all. */
    stdout: bytea().notNull().default(NO_BYTES),
    stderr: bytea().notNull().default(NO_BYTES),
    stdoutBytes: bigint('stdout_bytes', { mode: 'number' }).notNull().default(0),
    stderrBytes: bigint('stderr_bytes', { mode: 'number' }).notNull().default(0),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
    /** `link`: a core runs it over the node's link. `poll`: the node asks for it. */
    carrier: text().$type<'link' | 'poll'>().notNull().default('link'),
    /** Renewed by whoever has it, by the database's clock: past it nobody has it any more. */
    leaseUntil: instant('lease_until'),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.nodeId] }),
    index('run_targets_node_id_outcome_index').on(table.nodeId, table.outcome),
    // Few are unfinished at a time, whatever the history: what looks for them looks at these alone.
    index('run_targets_unfinished_index').on(table.leaseUntil).where(sql`outcome in ('waiting', 'running')`),
  ],
);
