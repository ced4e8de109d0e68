/** One node's part of a fleet command, over its link: how it ends is a value, never an exception. */

import type { RunOutcome } from '@serverbox/contract/run-results';
import type { RunCommand } from '@serverbox/contract/runs';
import { AppError, messageOf } from '../../lib/errors.ts';
import type { ExecEnd, NodeLink } from '../../lib/link/link.ts';
import type { Head } from './head.ts';

export interface Ending {
  outcome: Exclude<RunOutcome, 'waiting' | 'running'>;
  exitCode: number | null;
  signal: string | null;
  /** A sentence for outcomes that are no exit. */
  reason: string | null;
}

/** Why a part is ended from here. */
export type StopReason = 'timed_out' | 'cancelled';

/** The link has a deadline of its own; ours comes first and is the one that is told. */
const LINK_GRACE_MS = 5000;

export const ending = (outcome: Ending['outcome'], reason: string): Ending => ({
  outcome,
  reason,
  exitCode: null,
  signal: null,
});

const secondsText = (ms: number): string => (ms === 1000 ? '1 second' : `${ms / 1000} seconds`);

export const stopped = (reason: StopReason, timeoutMs: number): Ending =>
  reason === 'timed_out'
    ? ending('timed_out', `It had not ended after ${secondsText(timeoutMs)} and was told to end.`)
    : ending('cancelled', 'It was cancelled while it ran and was told to end.');

/** What a failure of the link means. The message of an AppError is written for people; any other is not. */
export const failed = (error: unknown): Ending => {
  if (!(error instanceof AppError)) return ending('unreachable', `The link failed: ${messageOf(error)}`);
  return ending(error.code === 'refused_by_policy' ? 'refused' : 'unreachable', error.message);
};

const endOf = (end: ExecEnd): Ending =>
  end.kind === 'exit'
    ? { outcome: 'exited', exitCode: end.code, signal: null, reason: null }
    : { outcome: 'signalled', exitCode: null, signal: end.signal, reason: null };

/** The words that run, and what they read: a script goes to `sh` by its standard input, with no quoting in between. */
export const wordsOf = (command: RunCommand): { argv: [string, ...string[]]; stdin: string } => {
  if (command.kind === 'script') return { argv: ['sh', '-s'], stdin: command.script };
  const [program, ...words] = command.argv;
  if (program === undefined) throw new AppError('bad_request', 'command: names no program');
  return { argv: [program, ...words], stdin: '' };
};

/** Runs it to its end, or until `signal` aborts with a `StopReason`; the outputs go into the heads as they come. */
export const execute = async (
  link: NodeLink,
  command: RunCommand,
  options: { timeoutMs: number; signal: AbortSignal; stdout: Head; stderr: Head },
): Promise<Ending> => {
  const { timeoutMs, signal, stdout, stderr } = options;
  const { argv, stdin } = wordsOf(command);
  try {
    const running = await link.exec(argv, { timeoutMs: timeoutMs + LINK_GRACE_MS, signal });
    running.stdout.on('data', stdout.push);
    running.stderr.on('data', stderr.push);
    running.stdin.end(stdin);
    return endOf(await running.ended);
  } catch (error) {
    return signal.aborted ? stopped(signal.reason as StopReason, timeoutMs) : failed(error);
  }
};
