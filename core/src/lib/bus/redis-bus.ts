/**
 * The bus between several cores. Each core hears itself without a detour, so a Redis that is away costs only what the
 * others say meanwhile; when it is back, subscribers of `bus.resumed` read anew.
 */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { Log, Secret } from '../log.ts';
import type { Bus } from './bus.ts';
import { createMemoryBus } from './memory-bus.ts';
import { BUS_TOPICS, isBusTopic } from './topics.ts';

export interface RedisBusOptions {
  redisUrl: Secret;
  log: Log;
  /** Cores of one installation share it. */
  channel?: string;
}

const Envelope = z.object({ from: z.string(), topic: z.string(), message: z.unknown() });
const HEALTH_TIMEOUT_MS = 2000;

const connect = (url: Secret, log: Log, use: 'publisher' | 'subscriber'): Redis => {
  const redis = new Redis(url.reveal(), {
    connectionName: `serverbox-bus-${use}`,
    connectTimeout: 5000,
    // A rumour is not worth keeping: what cannot be said now is dropped, so nothing piles up while Redis is away.
    enableOfflineQueue: use === 'subscriber',
    maxRetriesPerRequest: use === 'subscriber' ? null : 0,
    retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 6), 5000),
  });
  redis.on('error', (error: Error) => log.warn('bus connection failed', { use, reason: messageOf(error) }));
  return redis;
};

/** The topic and message of an envelope, or why it is none: what comes over Redis is checked like any input. */
const parseEnvelope = (text: string) => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: 'not JSON' } as const;
  }
  const envelope = Envelope.safeParse(json);
  if (!envelope.success || !isBusTopic(envelope.data.topic)) return { problem: 'unknown topic' } as const;
  const message = BUS_TOPICS[envelope.data.topic].safeParse(envelope.data.message);
  if (!message.success) return { problem: 'unknown message' } as const;
  return { from: envelope.data.from, topic: envelope.data.topic, message: message.data } as const;
};

const ping = async (redis: Redis): Promise<'ok' | 'failed'> => {
  const timeout = Promise.withResolvers<'failed'>();
  const timer = setTimeout(() => timeout.resolve('failed'), HEALTH_TIMEOUT_MS);
  const answer = redis.ping().then(
    () => 'ok' as const,
    () => 'failed' as const,
  );
  return Promise.race([answer, timeout.promise]).finally(() => clearTimeout(timer));
};

/** Opens at once; while Redis does not answer, the bus works within this core and reports `failed`. */
export const openRedisBus = ({ redisUrl, log, channel = 'serverbox:bus' }: RedisBusOptions): Bus => {
  const self = randomUUID();
  const local = createMemoryBus(log);
  const publisher = connect(redisUrl, log, 'publisher');
  const subscriber = connect(redisUrl, log, 'subscriber');
  let wasReady = false;

  subscriber.on('message', (_channel: string, text: string) => {
    const parsed = parseEnvelope(text);
    if ('problem' in parsed) log.warn('bus message refused', { problem: parsed.problem });
    else if (parsed.from !== self) local.deliver(parsed.topic, JSON.stringify(parsed.message));
  });
  subscriber.on('ready', () => {
    if (wasReady) local.publish('bus.resumed', {});
    wasReady = true;
  });
  const subscribed = subscriber.subscribe(channel).catch((error: unknown) => {
    log.warn('bus subscription failed', { reason: messageOf(error) });
  });

  return {
    publish: (topic, message) => {
      local.publish(topic, message);
      publisher.publish(channel, JSON.stringify({ from: self, topic, message })).catch((error: unknown) => {
        log.debug('bus message dropped', { topic, reason: messageOf(error) });
      });
    },
    subscribe: local.subscribe,
    health: async () => {
      if (subscriber.status !== 'ready') return 'failed';
      await subscribed;
      return ping(publisher);
    },
    close: async () => {
      await local.close();
      publisher.disconnect();
      subscriber.disconnect();
    },
  };
};
