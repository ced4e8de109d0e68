import type { Job, Queue, Worker, WorkerOptions } from 'bullmq';

/** The part of BullMQ that the queue uses, whatever it keeps the jobs in. */
export type StoredJob = Pick<Job, 'id' | 'name' | 'data' | 'attemptsMade' | 'opts' | 'repeatJobKey' | 'moveToWait'>;
export type Process = (job: StoredJob, token: string | undefined, signal: AbortSignal | undefined) => Promise<void>;
export type StoredQueue = Pick<Queue, 'add' | 'upsertJobScheduler' | 'removeJobScheduler' | 'close'>;
export type StoredWorker = Pick<Worker, 'run' | 'close' | 'waitUntilReady'>;
export type Limits = Required<Pick<WorkerOptions, 'concurrency' | 'lockDuration' | 'stalledInterval'>>;

/** Called for every failed run; `job` is unknown when its record is gone. */
export type OnFailed = (job: StoredJob | undefined, error: Error) => void;

/** Where jobs are kept. Both kinds behave alike; `queue-conformance.ts` says how. */
export interface JobStore {
  openQueue(name: string): StoredQueue;
  /** Not running yet: call `run`. */
  openWorker(name: string, limits: Limits, process: Process, onFailed: OnFailed): StoredWorker;
  health(): Promise<'ok' | 'failed'>;
  /** Call it after all queues and workers are closed. */
  close(): Promise<void>;
}

/** The same for both: a lost connection is tried again after a second (15 by default), a worker that died twice with a job poisons it. */
export const COMMON_WORKER_OPTIONS = { autorun: false, runRetryDelay: 1000, maxStalledCount: 2 } as const;

const HEALTH_TIMEOUT_MS = 2000;

/** Turns a check that may hang into an answer. */
export const answersInTime = async (check: Promise<unknown>): Promise<'ok' | 'failed'> => {
  const timeout = Promise.withResolvers<'failed'>();
  const timer = setTimeout(() => timeout.resolve('failed'), HEALTH_TIMEOUT_MS);
  const answer = check.then(
    () => 'ok' as const,
    () => 'failed' as const,
  );
  return Promise.race([answer, timeout.promise]).finally(() => clearTimeout(timer));
};
