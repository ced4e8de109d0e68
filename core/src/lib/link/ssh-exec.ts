/** Commands and shells over an opened channel: how they end. Three distinct ends: exit, signal, lost. */
import type { Readable } from 'node:stream';
import { AppError } from '../errors.ts';
import { linkLost } from './channel-duplex.ts';
import type { ExecEnd } from './link.ts';

export interface EndOptions {
  closed: AbortSignal;
  isComplete(): boolean;
  /** Ends the process early: called with the error that `ended` rejects with. */
  cancel(error: AppError): void;
  deadline?: { timeoutMs: number; signal?: AbortSignal | undefined; cancelled(): AppError };
}

const ended = (stream: Readable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) resolve();
    else stream.once('end', resolve).once('close', resolve);
  });

/** Settles once: after all of `outputs` have ended, or at once when the link is lost, the time is up or the caller gave up. */
export const watchEnd = (
  exit: Promise<ExecEnd>,
  outputs: readonly Readable[],
  options: EndOptions,
): Promise<ExecEnd> => {
  const { closed, deadline } = options;
  const watched = new Promise<ExecEnd>((resolve, reject) => {
    const stop = (error: AppError) => {
      reject(error);
      options.cancel(error);
    };
    const onLost = () => {
      if (!options.isComplete()) stop(linkLost(closed));
    };
    const onAbort = () => deadline && stop(deadline.cancelled());
    const timer =
      deadline &&
      setTimeout(() => stop(new AppError('timed_out', 'The command did not end in time.')), deadline.timeoutMs);
    closed.addEventListener('abort', onLost, { once: true });
    deadline?.signal?.addEventListener('abort', onAbort, { once: true });
    const cleanUp = () => {
      clearTimeout(timer);
      closed.removeEventListener('abort', onLost);
      deadline?.signal?.removeEventListener('abort', onAbort);
    };
    Promise.all([exit, ...outputs.map(ended)])
      .then(([end]) => resolve(end), reject)
      .finally(cleanUp);
    if (deadline?.signal?.aborted) onAbort();
  });
  // Who only reads the output need not care how it ended; the loss of a node is not a defect of the process.
  watched.catch(() => undefined);
  return watched;
};
