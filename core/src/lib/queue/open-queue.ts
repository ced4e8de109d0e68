import { UnrecoverableError, WaitingError } from 'bullmq';
import type { Database } from '../db/database.ts';
import { translateDatabaseError } from '../db/database-errors.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Log, Secret } from '../log.ts';
import type { JobDefinition, JobHandler, JobLoad } from './job.ts';
import { checkHandlers } from './job.ts';
import { openPostgresStore } from './postgres-store.ts';
import type { AddOptions, Queue, Schedule } from './queue.ts';
import { openRedisStore } from './redis-store.ts';
import { runJob } from './run-job.ts';
import type { JobStore, OnFailed, Process, StoredJob, StoredQueue, StoredWorker } from './store.ts';

export interface QueueOptions {
  store: { database: Database } | { redisUrl: Secret };
  /** Every job that may be added. */
  jobs: readonly JobDefinition[];
  log: Log;
  /** Keeps installations on one Redis apart. */
  prefix?: string;
  /** A worker that does not renew its hold on a job for so long is taken for dead. */
  lockMs?: number;
  /** How long `close` waits for handlers that were told to stop. */
  stopMs?: number;
}

const LOADS: readonly JobLoad[] = ['light', 'heavy'];
const CONCURRENCY: Record<JobLoad, number> = { light: 16, heavy: 2 };
/** Failed jobs are kept so that a person can look at them; delivered ones are not, the row tells how it went. */
const KEEP_FAILED = { age: 7 * 24 * 3600, count: 1000 };
const ANSWER_TIMEOUT_MS = 10_000;

const jobOptions = (job: JobDefinition) => ({
  attempts: job.attempts,
  backoff: { type: 'exponential', delay: 1000, jitter: 0.5 },
  removeOnComplete: true,
  removeOnFail: KEEP_FAILED,
  // Stacks of failures would fill the store; the log has them.
  stackTraceLimit: 0,
});

const repeatOptions = (schedule: Schedule) =>
  'everyMs' in schedule ? { every: schedule.everyMs } : { pattern: schedule.pattern, tz: schedule.timeZone ?? 'UTC' };

/** Waits for the store, but not for ever, and gives its failures our names. */
const answered = async <T>(work: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new AppError('database_unavailable', 'The job queue does not answer.', { retryAfterSeconds: 2 })),
    ANSWER_TIMEOUT_MS,
  );
  try {
    return await Promise.race([work, late.promise]);
  } catch (error) {
    if (error instanceof Error && error.name === 'MaxRetriesPerRequestError') {
      throw new AppError('database_unavailable', 'The job queue does not answer.', {
        retryAfterSeconds: 2,
        cause: error,
      });
    }
    throw translateDatabaseError(error);
  } finally {
    clearTimeout(timer);
  }
};

const isQuarantined = (job: StoredJob, error: Error): boolean =>
  error instanceof UnrecoverableError ||
  job.attemptsMade >= (job.opts.attempts ?? 1) ||
  error.message.includes('stalled');

const logFailure =
  (log: Log): OnFailed =>
  (job, error) => {
    const fields = { job: job?.name, jobId: job?.id, attempts: job?.attemptsMade, error };
    if (job !== undefined && isQuarantined(job, error)) log.error('job quarantined', fields);
    else log.warn('job failed and will run again', fields);
  };

/** Runs deliveries with the handler of their name. */
const createProcess = (
  handlers: ReadonlyMap<string, JobHandler>,
  { closing, stopMs, log }: { closing: AbortSignal; stopMs: number; log: Log },
): Process => {
  const runningSchedules = new Set<string>();

  const handBack = async (job: StoredJob, token: string | undefined): Promise<never> => {
    await job.moveToWait(token);
    throw new WaitingError();
  };
  const run: Process = async (job, token, signal) => {
    const handler = handlers.get(job.name);
    // Added by another version of the program, which has it.
    if (handler === undefined) throw new UnrecoverableError(`no handler for job ${job.name}`);
    const payload = handler.job.payload.safeParse(job.data);
    if (!payload.success) throw new UnrecoverableError(`payload of job ${job.name} does not fit its schema`);
    const fields = { job: job.name, jobId: job.id ?? '' };
    const context = {
      id: fields.jobId,
      payload: payload.data,
      attempt: job.attemptsMade + 1,
      signal: signal === undefined ? closing : AbortSignal.any([signal, closing]),
      log: log.with(fields),
    };
    try {
      await runJob(handler, context, stopMs);
    } catch (error) {
      if (closing.aborted) return handBack(job, token);
      throw error;
    }
  };
  return async (job, token, signal) => {
    const key = job.repeatJobKey;
    if (key === undefined) return run(job, token, signal);
    if (runningSchedules.has(key)) {
      log.debug('periodic job skipped: its last run is not over', { job: job.name, schedule: key });
      return;
    }
    runningSchedules.add(key);
    try {
      await run(job, token, signal);
    } finally {
      runningSchedules.delete(key);
    }
  };
};

/** A store that is away must not hold up the end of the process. */
const atMost = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(() => timeout.resolve(), ms);
  await Promise.race([work, timeout.promise]);
  clearTimeout(timer);
};

/**
 * Opens the queue; jobs can be added at once and are run after `start`.
 * @throws AppError `database_unavailable`, `conflict` when a newer version has set the queue up
 */
export const openQueue = async (options: QueueOptions): Promise<Queue> => {
  const { jobs, log, prefix = 'serverbox', lockMs = 30_000, stopMs = 2000 } = options;
  const store: JobStore =
    'database' in options.store
      ? await openPostgresStore(options.store.database, log)
      : await openRedisStore(options.store.redisUrl, prefix, log);
  const nameOf = (load: JobLoad): string => `${prefix}-${load}`;
  const queues = Object.fromEntries(LOADS.map((load) => [load, store.openQueue(nameOf(load))])) as Record<
    JobLoad,
    StoredQueue
  >;
  const workers: StoredWorker[] = [];
  const closing = new AbortController();
  const requireKnown = (job: JobDefinition): void => {
    if (!jobs.some(({ name }) => name === job.name))
      throw new Error(`job ${job.name} is not in the queue's list of jobs`);
  };
  const closeAll = async (): Promise<void> => {
    closing.abort();
    await atMost(stopMs + 500, Promise.all(workers.map((worker) => worker.close())));
    await atMost(500, Promise.all(LOADS.map((load) => queues[load].close())));
    await atMost(500, store.close());
  };
  let closed: Promise<void> | undefined;

  return {
    add: async <P>(job: JobDefinition<P>, payload: P, { id, delayMs }: AddOptions = {}) => {
      requireKnown(job);
      // Always an id of ours: to number jobs, the PostgreSQL backend would create sequences, which our role must not.
      const opts = { ...jobOptions(job), jobId: `${job.name}/${id ?? newId()}`, delay: delayMs ?? 0 };
      const added = await answered(queues[job.load].add(job.name, job.payload.parse(payload), opts));
      return added.id ?? '';
    },
    cron: async (id, schedule, job, payload) => {
      requireKnown(job);
      const template = { name: job.name, data: job.payload.parse(payload), opts: jobOptions(job) };
      await answered(queues[job.load].upsertJobScheduler(id, repeatOptions(schedule), template));
    },
    uncron: async (id, job) => {
      await answered(queues[job.load].removeJobScheduler(id));
    },
    start: async (handlers) => {
      checkHandlers(jobs, handlers);
      const byName = new Map(handlers.map((handler) => [handler.job.name, handler]));
      const process = createProcess(byName, { closing: closing.signal, stopMs, log });
      const limits = { lockDuration: lockMs, stalledInterval: lockMs };
      for (const load of LOADS) {
        const worker = store.openWorker(
          nameOf(load),
          { ...limits, concurrency: CONCURRENCY[load] },
          process,
          logFailure(log),
        );
        workers.push(worker);
        // Ends when the worker closes; what goes wrong meanwhile comes as its `error` event.
        void worker.run();
      }
      await answered(Promise.all(workers.map((worker) => worker.waitUntilReady())));
    },
    health: () => store.health(),
    close: () => {
      closed ??= closeAll();
      return closed;
    },
  };
};
