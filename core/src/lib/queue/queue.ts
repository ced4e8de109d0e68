import type { JobDefinition, JobHandler } from './job.ts';

export interface AddOptions {
  /** The row that the job is about: while a job of this name and id waits, runs or is quarantined, adding it again does nothing. */
  id?: string;
  delayMs?: number;
}

/** `pattern` has five or six fields (with seconds); without `timeZone` it is in UTC. */
export type Schedule = { everyMs: number } | { pattern: string; timeZone?: string };

/**
 * Delivers jobs, at least once. Not the truth about them: a job's record is a row, written before it is added, and a sweep
 * adds again what was lost in between. Every method throws AppError `database_unavailable` while the store is away.
 */
export interface Queue {
  /** Returns the id of the delivery. */
  add<P>(job: JobDefinition<P>, payload: P, options?: AddOptions): Promise<string>;
  /** Runs a job periodically until `uncron`, across restarts; the same id again replaces the schedule. Never two at a time in one process. */
  cron<P>(id: string, schedule: Schedule, job: JobDefinition<P>, payload: P): Promise<void>;
  /** Ends a schedule; one that does not exist is ended already. */
  uncron(id: string, job: JobDefinition): Promise<void>;
  /** Begins to run jobs in this process. @throws Error unless each job has exactly one handler */
  start(handlers: readonly JobHandler[]): Promise<void>;
  health(): Promise<'ok' | 'failed'>;
  /** Aborts what runs, waits for it for a moment, and hands it back to be run elsewhere. */
  close(): Promise<void>;
}
