/** Opens channels on an ssh2 client: each opening has a deadline, can be cancelled, and leaves no channel behind when late. */
import { Duplex } from 'node:stream';
import type { Client, ClientChannel, SFTPWrapper } from 'ssh2';
import { AppError, messageOf } from '../errors.ts';
import { linkLost } from './channel-duplex.ts';
import type { ExecEnd } from './link.ts';
import type { Opening } from './ssh-errors.ts';
import { openingError } from './ssh-errors.ts';
import type { SshSession } from './ssh-session.ts';

export type OpenCallback = (error: Error | undefined, channel: ClientChannel) => void;

export interface ChannelRequest {
  opening: Opening;
  windowBytes: number;
  /** From asking the node to its answer. */
  timeoutMs: number;
  /** How long it may wait for a free place where connections are shared; by default `timeoutMs`. */
  waitMs?: number;
  signal?: AbortSignal | undefined;
  /** No reason to keep the connection. */
  isBackground?: boolean | undefined;
  start(client: Client, done: OpenCallback): void;
}

export interface OpenedChannel {
  channel: ClientChannel;
  /** The connection that it is on. */
  session: SshSession;
  /** How the program ended. Listened to from the first moment: a short command is over before its opener hears of it. */
  exit: Promise<ExecEnd>;
}
export type OpenChannel = (request: ChannelRequest) => Promise<OpenedChannel>;

/** The exit status arrives once, before the channel closes; a channel that closes without one was cut off. */
const exitOf = (channel: ClientChannel): Promise<ExecEnd> => {
  const exit = new Promise<ExecEnd>((resolve, reject) => {
    channel.once('exit', (code: number | null, signal?: string) => {
      if (code === null) resolve({ kind: 'signal', signal: signal ?? 'unknown' });
      else resolve({ kind: 'exit', code });
    });
    channel.once('close', () =>
      reject(new AppError('node_unreachable', 'The node closed the channel without saying how the command ended.')),
    );
  });
  // Sockets and subsystems have no exit, and nobody waits for it there.
  exit.catch(() => undefined);
  return exit;
};

/** The end of a call that its caller gave up: nobody reads it but the log. */
export const cancelled = (signal: AbortSignal): AppError =>
  new AppError('timed_out', 'The call was cancelled before it ended.', { cause: signal.reason });

const letGo = (channel: ClientChannel): void => {
  if (!(channel instanceof Duplex)) return void (channel as SFTPWrapper).end();
  channel.destroy();
  channel.resume();
  channel.stderr.resume();
};

export const createOpenChannel = (session: SshSession): OpenChannel => {
  const { client, flow, closed } = session;
  return ({ opening, windowBytes, timeoutMs, signal, start }) =>
    new Promise((resolve, reject) => {
      if (closed.aborted) return reject(linkLost(closed));
      if (signal?.aborted) return reject(cancelled(signal));

      let isWaiting = true;
      const settle = (end: () => void) => {
        if (!isWaiting) return;
        isWaiting = false;
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        closed.removeEventListener('abort', onLost);
        end();
      };
      const onAbort = () => settle(() => reject(signal && cancelled(signal)));
      const onLost = () => settle(() => reject(linkLost(closed)));
      const onTimeout = () =>
        settle(() => reject(new AppError('timed_out', 'The node did not answer in time.', { detail: { opening } })));
      const timer = setTimeout(onTimeout, timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      closed.addEventListener('abort', onLost, { once: true });

      const done: OpenCallback = (error, channel) => {
        if (error !== undefined && error !== null) {
          const { refusal } = flow;
          settle(() => reject(closed.aborted ? linkLost(closed) : openingError(error, opening, refusal)));
        } else if (isWaiting) {
          const exit = exitOf(channel);
          settle(() => resolve({ channel, session, exit }));
        } else letGo(channel);
      };
      try {
        flow.withWindow(windowBytes, () => start(client, done));
      } catch (thrown) {
        // ssh2 throws when the connection went away a moment ago and its end is not announced yet.
        settle(() => reject(new AppError('node_unreachable', `The node has no link now: ${messageOf(thrown)}`)));
      }
    });
};
