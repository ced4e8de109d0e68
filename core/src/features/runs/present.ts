/** Rows of fleet commands as the API tells them. Pure. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Run, RunOutcome, RunSummary, RunTarget } from '@serverbox/contract/runs';
import { RUN_OUTCOMES } from '@serverbox/contract/runs';
import { headText } from './head.ts';
import type { RunRow, TargetRow } from './queries.ts';

export type Counts = Record<RunOutcome, number>;
export const countsOf = (counted: readonly { outcome: RunOutcome; count: number }[]): Counts => {
  const zeros = Object.fromEntries(RUN_OUTCOMES.map((outcome) => [outcome, 0])) as Counts;
  for (const { outcome, count } of counted) zeros[outcome] += count;
  return zeros;
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
  ...toRunSummary(row, countsOf(targets.map(({ outcome }) => ({ outcome, count: 1 })))),
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
