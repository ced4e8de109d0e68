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
  /** Takes one point. @throws AppError `rate_limited` with the time to wait | `database_unavailable` without Redis */
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

const RETRY_SECONDS = 5;

/** Nobody is let through uncounted. */
const counted = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof RateLimiterRes) return refuse(thrown.msBeforeNext);
    const sentence = 'Redis does not answer, so attempts cannot be counted: nobody is let in now.';
    throw new AppError('database_unavailable', sentence, { cause: thrown, retryAfterSeconds: RETRY_SECONDS });
  }
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
        await counted(limiter.consume(key));
      },
      giveBack: async (key) => {
        await counted(limiter.reward(key, 1));
      },
      reset: async (key) => {
        await counted(limiter.delete(key));
      },
    };
  };
