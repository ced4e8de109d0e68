/** Finds a place for each call on the connections of a pool; dials one more, one at a time, while somebody waits for a place. */
import type { Clock } from '../clock.ts';
import { AppError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ChannelRequest, OpenedChannel } from './ssh-channels.ts';
import { isSession } from './ssh-errors.ts';
import type { PoolMember } from './ssh-pool-member.ts';
import type { PoolQueue } from './ssh-pool-queue.ts';
import { createPoolQueue } from './ssh-pool-queue.ts';
import type { Stock } from './ssh-pool-stock.ts';
import { createStock } from './ssh-pool-stock.ts';
import type { SshSession } from './ssh-session.ts';

/** Below OpenSSH's default of MaxSessions, 10, so that forwards and what is just ending fit beside them. */
const MAX_CHANNELS = 8;
const MAX_CONNECTIONS = 16;
const GROW_RETRY_MS = 5000;

export interface MembersOptions {
  /** Opens one more connection. @throws AppError */
  connect(): Promise<SshSession>;
  clock: Clock;
  log: Log;
  /** How long a connection beside the first stays without channels. */
  extraIdleMs?: number;
}

export interface Members {
  readonly count: number;
  readonly isBusy: boolean;
  open(request: ChannelRequest): Promise<OpenedChannel>;
  /** No further connection and no waiting; each connection ends with its last channel. */
  retire(error: AppError): void;
  endAll(reason: string | Error): void;
}

const asAppError = (error: unknown): AppError =>
  error instanceof AppError ? error : new AppError('node_unreachable', messageOf(error), { cause: error });

/** Opens on a connection with room, or puts in the queue. */
const createOpener = (stock: Stock, clock: Clock, onQueued: () => void) => {
  let sessions = MAX_CHANNELS;
  const findFree = (needsSession: boolean) =>
    [...stock.all].find((member) => member.hasRoom(needsSession, { channels: MAX_CHANNELS, sessions }));

  /** A place is looked for again where the server takes no more sessions on this connection; others may have room. */
  const openOn = async (member: PoolMember, request: ChannelRequest): Promise<OpenedChannel> => {
    const startedMs = clock.monotonicMs();
    try {
      return await member.open(request);
    } catch (error) {
      const code = error instanceof AppError ? error.code : undefined;
      // Half-open or stuck: what runs there may go on, but nobody else is sent there.
      if (code === 'timed_out' && request.signal?.aborted !== true) stock.retire(member);
      const isFull = member.hasCarried || member.liveSessions > 0;
      if (code !== 'too_many_streams' || !isSession(request.opening) || !isFull) throw error;
      member.noteRefusal();
      sessions = Math.min(sessions, Math.max(1, member.liveSessions));
      const waitMs = (request.waitMs ?? request.timeoutMs) - (clock.monotonicMs() - startedMs);
      return open({ ...request, waitMs: Math.max(1, waitMs) });
    }
  };
  const queue: PoolQueue = createPoolQueue(findFree, openOn);
  const open = (request: ChannelRequest): Promise<OpenedChannel> => {
    const member = queue.size === 0 ? findFree(isSession(request.opening)) : undefined;
    if (member !== undefined) return openOn(member, request);
    const waiting = queue.wait(request);
    onQueued();
    return waiting;
  };
  return { queue, open };
};

/** @param events.onEmpty the last connection is gone, with its reason; @param events.onFree a channel has gone that was no mere background */
export const createMembers = (
  first: SshSession,
  options: MembersOptions,
  events: { onEmpty(reason: unknown): void; onFree(): void },
): Members => {
  let isDialling = false;
  let isOver = false;

  const serve = (): void => {
    queue.serve();
    if (queue.size > 0) void grow();
  };
  const stock = createStock(options, {
    free: (wasNeeded) => {
      serve();
      if (wasNeeded) events.onFree();
    },
    gone: (member) => {
      if (stock.all.size === 0 && !isDialling) events.onEmpty(member.session.closed.reason);
      else serve();
    },
  });
  const { queue, open } = createOpener(stock, options.clock, serve);

  const grow = async (): Promise<void> => {
    if (isDialling || isOver || stock.usable().length >= MAX_CONNECTIONS) return;
    isDialling = true;
    const session = await options.connect().catch((error: unknown) => {
      options.log.debug('further connection was not opened', { reason: messageOf(error) });
      // Without any connection there is nothing to wait for; otherwise those who wait may still find a place.
      if (stock.usable().length === 0) queue.fail(asAppError(error));
      else setTimeout(serve, GROW_RETRY_MS).unref();
    });
    isDialling = false;
    if (session === undefined) {
      if (stock.all.size === 0) events.onEmpty(new Error('the last connection was lost'));
      return;
    }
    stock.add(session);
    if (isOver) session.end('it is not needed any more');
    serve();
  };

  stock.add(first);
  return {
    get count() {
      return stock.all.size;
    },
    get isBusy() {
      return queue.size > 0 || [...stock.all].some(({ isNeeded }) => isNeeded);
    },
    open,
    retire: (error) => {
      isOver = true;
      queue.fail(error);
      for (const member of [...stock.all]) stock.retire(member);
    },
    endAll: (reason) => {
      isOver = true;
      queue.fail(asAppError(reason));
      for (const { session } of [...stock.all]) session.end(reason);
    },
  };
};
