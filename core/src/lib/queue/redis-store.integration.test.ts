import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RedisServer } from '../../../../lab/redis.ts';
import { startRedis } from '../../../../lab/redis.ts';
import { Secret, silentLog } from '../log.ts';
import { openQueue } from './open-queue.ts';
import { testQueue } from './queue-conformance.ts';
import { JOBS } from './testing-jobs.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

describe('queue in Redis', () => {
  testQueue(async () => ({
    store: { redisUrl: new Secret(server.url) },
    reach: { redisUrl: server.url },
    prefix: `test-${randomUUID()}`,
    drop: async () => undefined,
  }));

  test('a Redis that does not answer is named within the time-out', async () => {
    const store = { redisUrl: new Secret('redis://127.0.0.1:1') };
    await expect(openQueue({ store, jobs: JOBS, log: silentLog })).rejects.toThrow('Redis does not answer');
  });
});
