/** Commands and shells over an opened channel: how they end. Three distinct ends: exit, signal, lost. */
import type { Duplex, Readable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
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

/** The exit status arrives once, before the channel closes; a channel that closes without one was cut off. */
const exitOf = (channel: ClientChannel): Promise<ExecEnd> =>
  new Promise((resolve, reject) => {
    channel.once('exit', (code: number | null, signal?: string) => {
      if (code === null) resolve({ kind: 'signal', signal: signal ?? 'unknown' });
      else resolve({ kind: 'exit', code });
    });
    channel.once('close', () =>
      reject(new AppError('node_unreachable', 'The node closed the channel without saying how the command ended.')),
    );
  });

/** Settles once: after all of `outputs` have ended, or at once when the link is lost, the time is up or the caller gave up. */
export const watchEnd = (
  channel: ClientChannel,
  outputs: readonly Duplex[] | readonly Readable[],
  options: EndOptions,
) => {
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
    Promise.all([exitOf(channel), ...outputs.map(ended)])
      .then(([end]) => resolve(end), reject)
      .finally(cleanUp);
    if (deadline?.signal?.aborted) onAbort();
  });
  // Who only reads the output need not care how it ended; the loss of a node is not a defect of the process.
  watched.catch(() => undefined);
  return watched;
};
