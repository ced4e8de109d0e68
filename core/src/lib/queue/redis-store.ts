/** Jobs in Redis, for several cores. Redis must keep what it is given: append-only file on, no eviction. */
import { createRedisBackend, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import { AppError, messageOf } from '../errors.ts';
import type { Log, Secret } from '../log.ts';
import type { JobStore } from './store.ts';
import { answersInTime, COMMON_WORKER_OPTIONS } from './store.ts';

const CONNECT_TIMEOUT_MS = 5000;

const retryStrategy = (attempt: number): number => Math.min(100 * 2 ** Math.min(attempt, 6), 5000);

const untilReady = (redis: Redis): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new AppError('database_unavailable', 'Redis does not answer: check REDIS_URL.')),
      CONNECT_TIMEOUT_MS,
    );
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** Settings that lose jobs. A hosted Redis may refuse to tell them. */
const warnOfLoss = async (redis: Redis, log: Log): Promise<void> => {
  const wanted = { 'maxmemory-policy': 'noeviction', appendonly: 'yes' };
  for (const [name, value] of Object.entries(wanted)) {
    const answer = await redis.call('CONFIG', ['GET', name]).catch(() => undefined);
    const found = Array.isArray(answer) ? answer[1] : undefined;
    if (found !== undefined && found !== value)
      log.warn('Redis setting risks the loss of jobs', { setting: name, wanted: value });
  }
};

/** @throws AppError `database_unavailable` when Redis does not answer within 5 s */
export const openRedisStore = async (redisUrl: Secret, prefix: string, log: Log): Promise<JobStore> => {
  const warn = (error: Error): void => log.warn('job queue connection failed', { reason: messageOf(error) });
  const connect = (options: { connectionName: string; maxRetriesPerRequest: number | null }): Redis => {
    const redis = new Redis(redisUrl.reveal(), { retryStrategy, connectTimeout: CONNECT_TIMEOUT_MS, ...options });
    redis.on('error', warn);
    return redis;
  };
  // A caller of `add` waits for one failed try, not for Redis to come back; a worker waits for as long as it takes.
  const producer = connect({ connectionName: 'serverbox-queue', maxRetriesPerRequest: 1 });
  const consumer = connect({ connectionName: 'serverbox-worker', maxRetriesPerRequest: null });
  const close = async (): Promise<void> => {
    producer.disconnect();
    consumer.disconnect();
  };
  try {
    await untilReady(producer);
    await warnOfLoss(producer, log);
  } catch (error) {
    await close();
    throw error;
  }
  const { Queue, Worker } = withBackend(createRedisBackend);
  return {
    openQueue: (name) => {
      const queue = new Queue(name, { connection: producer, prefix });
      queue.on('error', warn);
      return queue;
    },
    openWorker: (name, limits, process, onFailed) => {
      const worker = new Worker(name, process, { ...COMMON_WORKER_OPTIONS, ...limits, connection: consumer, prefix });
      worker.on('error', warn);
      worker.on('failed', onFailed);
      return worker;
    },
    health: () => answersInTime(producer.ping()),
    close,
  };
};
