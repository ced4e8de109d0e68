/** One node's part of a fleet command while this core has it: what it wrote so far, and how that gets into its row, in order. */
import { MAX_RUN_OUTPUT_BYTES } from '@serverbox/contract/runs';
import type { Clock } from '../../lib/clock.ts';
import type { Db } from '../../lib/db/orm.ts';
import type { Ending, StopReason } from './execute.ts';
import type { Head } from './head.ts';
import { createHead } from './head.ts';
import type { Attempt, Job, OutputNews } from './leases.ts';
import { begin, saveProgress, settle } from './leases.ts';

const PROGRESS_MS = 1000;
/** Adding to a long output costs as much as the output: long ones are written less often. */
const PROGRESS_MS_PER_BYTE = 1 / 64;

export interface Part {
  readonly job: Job;
  readonly stdout: Head;
  readonly stderr: Head;
  /** Aborts with a `StopReason`. */
  readonly signal: AbortSignal;
  /** Rejects when `signal` aborts. */
  readonly stopped: Promise<never>;
  stop(reason: StopReason): void;
  readonly isRunning: boolean;
  /** False when it was cancelled, or taken by somebody else, meanwhile. */
  begin(): Promise<boolean>;
  /** Whether there is something new, and it is time to write it. */
  isProgressDue(): boolean;
  saveProgress(): Promise<void>;
  settle(ending: Ending): Promise<void>;
}

export const createPart = ({ db, clock }: { db: Db; clock: Clock }, job: Job): Part => {
  const controller = new AbortController();
  const { signal } = controller;
  const stopped = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  stopped.catch(() => undefined);
  const stdout = createHead(MAX_RUN_OUTPUT_BYTES);
  const stderr = createHead(MAX_RUN_OUTPUT_BYTES);
  let attempt: Attempt | undefined;
  let dueMs = clock.monotonicMs() + PROGRESS_MS;
  /** Each write adds to the one before. */
  let writing = Promise.resolve();

  const write = (work: (attempt: Attempt, news: OutputNews) => Promise<void>): Promise<void> => {
    const next = writing.then(async () => {
      if (attempt === undefined) return;
      const { totalBytes: stdoutBytes } = stdout;
      const { totalBytes: stderrBytes } = stderr;
      const news = { stdout: stdout.take(), stderr: stderr.take(), stdoutBytes, stderrBytes };
      try {
        await work(attempt, news);
      } catch (error) {
        stdout.giveBack(news.stdout);
        stderr.giveBack(news.stderr);
        throw error;
      }
    });
    writing = next.catch(() => undefined);
    return next;
  };

  return {
    job,
    stdout,
    stderr,
    signal,
    stopped,
    stop: (reason) => controller.abort(reason),
    get isRunning() {
      return attempt !== undefined;
    },
    begin: async () => {
      attempt = await begin(db, job.jobId, clock.now());
      return attempt !== undefined;
    },
    isProgressDue: () => attempt !== undefined && clock.monotonicMs() >= dueMs && (stdout.hasNews || stderr.hasNews),
    saveProgress: () => {
      dueMs = clock.monotonicMs() + PROGRESS_MS + (stdout.keptBytes + stderr.keptBytes) * PROGRESS_MS_PER_BYTE;
      return write((of, news) => saveProgress(db, of, news));
    },
    settle: (ending) => {
      const endedAt = clock.now();
      return write((of, news) => settle(db, of, { ending, endedAt, news }));
    },
  };
};
