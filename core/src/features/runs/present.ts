/** Rows of fleet commands as the API tells them. Pure. */
import type { NodeId } from '@serverbox/contract/ids';
import type { RunOutcome, RunResult } from '@serverbox/contract/run-results';
import { RUN_RESULTS, runResultOf } from '@serverbox/contract/run-results';
import type { Run, RunSummary, RunTarget } from '@serverbox/contract/runs';
import { headText } from './head.ts';
import type { RunRow, TargetRow } from './queries.ts';

type Ending = Pick<RunTarget, 'outcome' | 'exitCode'>;
export type Counts = Record<RunResult, number>;

/** @param endings each for one node, or for `count` of them */
export const countsOf = (endings: readonly (Ending & { count?: number })[]): Counts => {
  const counts = Object.fromEntries(RUN_RESULTS.map((result) => [result, 0])) as Counts;
  for (const ending of endings) counts[runResultOf(ending)] += ending.count ?? 1;
  return counts;
};

export const toRunSummary = (row: RunRow, counts: Counts): RunSummary => ({
  id: row.id,
  command: row.command,
  timeoutMs: row.timeoutMs,
  actor: row.actor,
  startedAt: row.startedAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
  counts,
});

const isFinal = (outcome: RunOutcome): boolean => outcome !== 'waiting' && outcome !== 'running';

export const toTarget = (row: TargetRow): RunTarget => {
  const { stdout, stderr, stdoutKept, stderrKept, stdoutBytes, stderrBytes, ...rest } = row;
  // More may follow, or stands elsewhere: a character at the end that is not whole yet is not told yet.
  const textOf = (bytes: Buffer, written: number): string =>
    headText(bytes, bytes.length < written || !isFinal(row.outcome));
  return {
    ...rest,
    nodeId: row.nodeId as NodeId,
    stdout: textOf(stdout, stdoutBytes),
    stderr: textOf(stderr, stderrBytes),
    isPreview: stdout.length < stdoutKept || stderr.length < stderrKept,
    droppedBytes: stdoutBytes - stdoutKept + (stderrBytes - stderrKept),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
  };
};

export const toRun = (row: RunRow, targets: readonly TargetRow[]): Run => ({
  ...toRunSummary(row, countsOf(targets)),
  targets: targets.map(toTarget),
});

const commandText = ({ command }: RunRow): string =>
  command.kind === 'script' ? 'Fleet script' : `Fleet command ${command.argv[0] ?? ''}`;

/** What the story of a node says: the program alone, since arguments may be nobody else's business. */
export const startText = (row: RunRow): string => `${commandText(row)} was started`;
export const endText = (
  row: RunRow,
  { outcome, exitCode, signal }: { outcome: RunOutcome; exitCode: number | null; signal: string | null },
): string => {
  const how: Record<RunOutcome, string> = {
    waiting: 'has not begun',
    running: 'is running',
    exited: `ended with exit code ${exitCode}`,
    signalled: `was ended by ${signal}`,
    timed_out: 'did not end in time',
    unreachable: 'did not reach the node, or lost it',
    refused: "was refused by the node's policy",
    cancelled: 'was cancelled',
  };
  return `${commandText(row)} ${how[outcome]}`;
};
