/**
 * Counters against guessing and floods: so many points per key in a window. In memory, or in Redis when several cores share
 * them. A counter that cannot be reached lets nobody through: an outage must not open the door to guessing.
 */
import type { Redis } from 'ioredis';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from './errors.ts';

export interface LimitOptions {
  name: string;
  points: number;
  windowSeconds: number;
  /** How long a key that ran out stays out; default the rest of the window. */
  blockSeconds?: number;
}

export interface Limit {
  /** Takes one point. @throws AppError `rate_limited` with the time to wait */
  take(key: string): Promise<void>;
  /** Returns one point: what was taken for turned out to be no guess. */
  giveBack(key: string): Promise<void>;
  /** Forgets the key: after a success. */
  reset(key: string): Promise<void>;
}

export type OpenLimit = (options: LimitOptions) => Limit;

const waitSentence = (seconds: number): string =>
  seconds < 90 ? `${Math.max(1, Math.ceil(seconds))} seconds` : `${Math.ceil(seconds / 60)} minutes`;
const refuse = (msBeforeNext: number): never => {
  const seconds = msBeforeNext / 1000;
  throw new AppError('rate_limited', `Too many attempts. Try again in ${waitSentence(seconds)}.`, {
    retryAfterSeconds: seconds,
  });
};

/** @param redis absent: counters in this process, which a restart forgets */
export const createLimits =
  (redis: Redis | undefined): OpenLimit =>
  ({ name, points, windowSeconds, blockSeconds }) => {
    const options = { keyPrefix: `limit:${name}`, points, duration: windowSeconds, blockDuration: blockSeconds ?? 0 };
    const limiter: RateLimiterAbstract =
      redis === undefined ? new RateLimiterMemory(options) : new RateLimiterRedis({ ...options, storeClient: redis });
    return {
      take: async (key) => {
        try {
          await limiter.consume(key);
        } catch (thrown) {
          if (thrown instanceof RateLimiterRes) refuse(thrown.msBeforeNext);
          throw thrown;
        }
      },
      giveBack: async (key) => {
        await limiter.reward(key, 1);
      },
      reset: async (key) => {
        await limiter.delete(key);
      },
    };
  };
