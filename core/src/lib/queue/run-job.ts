/** One run of one job, under its limits. Knows nothing of where jobs are kept. */
import { AppError } from '../errors.ts';
import type { JobContext, JobHandler } from './job.ts';
import { GRACE_MS } from './job.ts';

/** A promise that rejects `afterMs` after `signal` has aborted, and a way to forget it. */
const rejectAfter = (signal: AbortSignal, afterMs: number, error: () => Error) => {
  const { promise, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    timer = setTimeout(() => reject(error()), afterMs);
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return {
    promise,
    forget: (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', start);
    },
  };
};

/**
 * Resolves when the handler does. A handler that throws after its deadline, or does not return, has timed out.
 * `context.signal` tells of everything but the deadline; `stopMs` after it, a handler that does not return is given up.
 */
export const runJob = async (handler: JobHandler, context: JobContext<unknown>, stopMs: number): Promise<void> => {
  const { name, deadlineMs } = handler.job;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  const timedOut = (): AppError => new AppError('timed_out', `Job ${name} took longer than ${deadlineMs} ms.`);
  const late = rejectAfter(deadline.signal, GRACE_MS, timedOut);
  const stopped = rejectAfter(context.signal, stopMs, () => new Error('job was stopped'));
  try {
    const signal = AbortSignal.any([context.signal, deadline.signal]);
    await Promise.race([handler.run({ ...context, signal }), late.promise, stopped.promise]);
  } catch (error) {
    throw deadline.signal.aborted ? timedOut() : error;
  } finally {
    clearTimeout(timer);
    late.forget();
    stopped.forget();
  }
};
