import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RedisServer } from '../../../../lab/redis.ts';
import { startRedis } from '../../../../lab/redis.ts';
import { Secret, silentLog } from '../log.ts';
import type { Bus } from './bus.ts';
import { testBus } from './bus-conformance.ts';
import { openRedisBus } from './redis-bus.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

const untilHealthy = (bus: Bus) => expect.poll(() => bus.health(), { timeout: 10_000 }).toBe('ok');

const openPair = async (channel = randomUUID()) => {
  const options = { redisUrl: new Secret(server.url), log: silentLog, channel };
  const [here, there] = [openRedisBus(options), openRedisBus(options)] as const;
  await untilHealthy(here);
  await untilHealthy(there);
  const close = async () => {
    await here.close();
    await there.close();
  };
  return { here, there, close };
};

describe('bus over Redis', () => {
  testBus(openPair);

  test('a core that was cut off says so to its subscribers, and hears again', async () => {
    const { here, there, close } = await openPair();
    const admin = new Redis(server.url);
    try {
      const resumed = new Promise((resolve) => there.subscribe('bus.resumed', resolve));
      await admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
      await resumed;
      await untilHealthy(here);
      await untilHealthy(there);
      const heard = new Promise((resolve) => there.subscribe('activity.added', resolve));
      here.publish('activity.added', { id: 'x' });
      expect(await heard).toEqual({ id: 'x' });
    } finally {
      admin.disconnect();
      await close();
    }
  });

  test('what does not fit the topics is refused, and the next message is heard', async () => {
    const channel = randomUUID();
    const { there, close } = await openPair(channel);
    const stranger = new Redis(server.url);
    try {
      const heard: unknown[] = [];
      const end = new Promise((resolve) => there.subscribe('activity.added', resolve));
      there.subscribe('node.changed', (message) => {
        heard.push(message);
      });
      for (const text of [
        'not json',
        '{}',
        '{"from":"x","topic":"__proto__","message":{}}',
        '{"from":"x","topic":"node.changed","message":{"nodeId":"../etc"}}',
        '{"from":"x","topic":"activity.added","message":{"id":"end"}}',
      ]) {
        await stranger.publish(channel, text);
      }
      expect(await end).toEqual({ id: 'end' });
      expect(heard).toEqual([]);
    } finally {
      stranger.disconnect();
      await close();
    }
  });

  test('without Redis a core still hears itself, and reports that it hears nobody else', async () => {
    const bus = openRedisBus({ redisUrl: new Secret('redis://127.0.0.1:1'), log: silentLog });
    try {
      const heard = new Promise((resolve) => bus.subscribe('activity.added', resolve));
      bus.publish('activity.added', { id: 'alone' });
      expect(await heard).toEqual({ id: 'alone' });
      expect(await bus.health()).toBe('failed');
    } finally {
      await bus.close();
    }
  });
});
