/** A fleet command and its outcomes in words. Pure. */

import type { RunResult } from '@serverbox/contract/run-results';
import { runResultOf } from '@serverbox/contract/run-results';
import type { RunCommand, RunSummary, RunTarget } from '@serverbox/contract/runs';
import type { Tone } from '../../ui/types.ts';
import { joinWords } from './words.ts';

type Ended = Pick<RunTarget, 'outcome' | 'exitCode'>;

export const RESULT_WORDS: Record<RunResult, string> = {
  succeeded: 'Succeeded',
  failed: 'Failed',
  signalled: 'Ended by a signal',
  timed_out: 'Timed out',
  unreachable: 'Unreachable',
  refused: 'Refused',
  cancelled: 'Cancelled',
  running: 'Running',
  waiting: 'Waiting',
};
export const RESULT_TONES: Record<RunResult, Tone> = {
  succeeded: 'success',
  failed: 'danger',
  signalled: 'danger',
  timed_out: 'warning',
  unreachable: 'warning',
  refused: 'warning',
  cancelled: 'neutral',
  running: 'accent',
  waiting: 'neutral',
};

/** "Exit code 2", "SIGKILL", or just what became of it. */
export const resultWords = (target: Ended & Pick<RunTarget, 'signal'>): string => {
  if (target.outcome === 'exited') return `Exit code ${target.exitCode ?? 'unknown'}`;
  if (target.outcome === 'signalled') return target.signal ?? RESULT_WORDS.signalled;
  return RESULT_WORDS[runResultOf(target)];
};

/** Lines that every script begins with tell none apart. */
const isPreamble = (line: string): boolean => line.trim() === '' || line.startsWith('#') || /^set [-+]/.test(line);

/** One line that tells commands apart in a list. */
export const commandLine = (command: RunCommand): string =>
  command.kind === 'argv'
    ? joinWords(command.argv)
    : (command.script.split('\n').find((line) => !isPreamble(line)) ?? command.script).trim();

export const nodeCount = ({ counts }: Pick<RunSummary, 'counts'>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** "3 of 12 to go" while it runs, else what went wrong: what failed, then what did not finish. */
export const progressWords = (run: Pick<RunSummary, 'counts' | 'endedAt'>): string => {
  const { waiting, running, succeeded, failed, cancelled } = run.counts;
  const total = nodeCount(run);
  if (run.endedAt === null) return `${waiting + running} of ${total} to go`;
  const unfinished = total - succeeded - failed - cancelled;
  const troubles: [number, string][] = [
    [failed, 'failed'],
    [unfinished, 'did not finish'],
    [cancelled, 'cancelled'],
  ];
  const [first, ...others] = troubles.filter(([count]) => count > 0);
  if (first === undefined) return `Succeeded on all ${total}`;
  return [`${first[0]} of ${total} ${first[1]}`, ...others.map(([count, how]) => `${count} ${how}`)].join(', ');
};

/** Nodes with the same outcome and the same output belong together. What is only a beginning may differ further on. */
export const sameOutputKey = (target: RunTarget): string =>
  target.isPreview || target.droppedBytes > 0
    ? target.nodeId
    : JSON.stringify([target.outcome, target.exitCode, target.signal, target.reason, target.stdout, target.stderr]);
