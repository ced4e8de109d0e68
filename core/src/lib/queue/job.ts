/** What a job is: a name, the shape of its payload, and the limits it runs under. Apart from its handler, so that whoever adds a job need not load what runs it. */
import type { z } from 'zod';
import type { Log } from '../log.ts';

/** Light jobs run many at a time and take milliseconds; heavy ones take a core or a disk to themselves. */
export type JobLoad = 'light' | 'heavy';

export interface JobDefinition<P = unknown> {
  /** "area.verb", unique: `metrics.pack`. */
  name: string;
  /** The row is the job: a payload is the id of a row, or nothing. */
  payload: z.ZodType<P>;
  /** Runs until the job is quarantined. A run that the end of the process cut short does not count. */
  attempts: number;
  /** `signal` aborts then; a handler that goes on regardless is given up `GRACE_MS` later. */
  deadlineMs: number;
  load: JobLoad;
}

export interface JobContext<P> {
  id: string;
  payload: P;
  /** From 1. */
  attempt: number;
  /** Aborts at the deadline, when the queue closes, and when another worker took the job over. */
  signal: AbortSignal;
  log: Log;
}

/** At least once: a handler must be idempotent. It resolves when the work is done and throws to be run again. */
export interface JobHandler {
  job: JobDefinition;
  run(context: JobContext<unknown>): Promise<void>;
}

export const GRACE_MS = 5000;

const NAME = /^[a-z][a-z_]*(\.[a-z_]+)+$/;

export const defineJob = <P>(definition: JobDefinition<P>): JobDefinition<P> => {
  if (!NAME.test(definition.name)) throw new Error(`job name ${definition.name} is not of the form area.verb`);
  return definition;
};

/** Ties a handler to its job; the payload is checked before every run. */
export const handleJob = <P>(job: JobDefinition<P>, run: (context: JobContext<P>) => Promise<void>): JobHandler => ({
  job,
  run: (context) => run({ ...context, payload: job.payload.parse(context.payload) }),
});

/** @throws Error naming each job that does not have exactly one handler, and each handler without a job */
export const checkHandlers = (jobs: readonly JobDefinition[], handlers: readonly JobHandler[]): void => {
  const problems: string[] = [];
  const names = jobs.map(({ name }) => name);
  for (const name of new Set(names)) {
    if (names.filter((other) => other === name).length > 1) problems.push(`job ${name} is defined twice`);
    const count = handlers.filter(({ job }) => job.name === name).length;
    if (count !== 1) problems.push(`job ${name} has ${count} handlers`);
  }
  for (const { job } of handlers) {
    if (!names.includes(job.name)) problems.push(`handler of ${job.name} has no job`);
  }
  if (problems.length > 0) throw new Error(`the queue cannot start: ${problems.join('; ')}`);
};
