/** Those who wait for a place on a connection of a pool, in the order in which they came. */
import { AppError } from '../errors.ts';
import type { ChannelRequest, OpenedChannel } from './ssh-channels.ts';
import { cancelled } from './ssh-channels.ts';
import { isSession } from './ssh-errors.ts';
import type { PoolMember } from './ssh-pool-member.ts';

const MAX_WAITING = 1000;

const busy = (): AppError =>
  new AppError('too_many_streams', 'The node takes no more sessions now: all its connections are in use.');

export interface PoolQueue {
  readonly size: number;
  /** @throws AppError `too_many_streams` when nothing became free in time, otherwise as the opening does */
  wait(request: ChannelRequest): Promise<OpenedChannel>;
  /** Hands out what is free. */
  serve(): void;
  fail(error: AppError): void;
}

interface Waiting {
  needsSession: boolean;
  take(member: PoolMember): void;
  refuse(error: AppError): void;
}

/** `open` has to count on the member at once: the next in the queue sees what is left. */
export const createPoolQueue = (
  findFree: (needsSession: boolean) => PoolMember | undefined,
  open: (member: PoolMember, request: ChannelRequest) => Promise<OpenedChannel>,
): PoolQueue => {
  let waiting: Waiting[] = [];

  const wait = (request: ChannelRequest): Promise<OpenedChannel> =>
    new Promise((resolve, reject) => {
      const { signal } = request;
      if (waiting.length >= MAX_WAITING) return reject(busy());
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        waiting = waiting.filter((one) => one !== entry);
      };
      const entry: Waiting = {
        needsSession: isSession(request.opening),
        take: (member) => {
          leave();
          resolve(open(member, request));
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = () => entry.refuse(signal === undefined ? busy() : cancelled(signal));
      const timer = setTimeout(() => entry.refuse(busy()), request.waitMs ?? request.timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.push(entry);
      if (signal?.aborted) onAbort();
    });

  return {
    get size() {
      return waiting.length;
    },
    wait,
    serve: () => {
      for (const entry of [...waiting]) {
        const member = findFree(entry.needsSession);
        if (member !== undefined) entry.take(member);
      }
    },
    fail: (error) => {
      for (const entry of [...waiting]) entry.refuse(error);
    },
  };
};
