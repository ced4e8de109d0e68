/**
 * What every role stands on: data directory, master key, database, bus and limits, opened in this order and closed in the
 * reverse one. Knows no feature.
 */
import { Redis } from 'ioredis';
import type { Config } from './config.ts';
import type { Bus } from './lib/bus/bus.ts';
import { createMemoryBus } from './lib/bus/memory-bus.ts';
import { openRedisBus } from './lib/bus/redis-bus.ts';
import type { Clock } from './lib/clock.ts';
import { systemClock } from './lib/clock.ts';
import type { MasterKey } from './lib/crypto/keys.ts';
import { loadMasterKey } from './lib/crypto/master-key.ts';
import type { DatabaseSource } from './lib/db/connection.ts';
import type { Database } from './lib/db/database.ts';
import { openDatabase } from './lib/db/database.ts';
import { openEmbedded } from './lib/db/embedded.ts';
import { findKeyCheck } from './lib/db/key-check.ts';
import type { OpenLimit } from './lib/limits.ts';
import { createLimits } from './lib/limits.ts';
import type { Log, Secret } from './lib/log.ts';
import type { Shutdown } from './lib/shutdown.ts';

export interface Platform {
  config: Config;
  log: Log;
  clock: Clock;
  database: Database;
  masterKey: MasterKey;
  bus: Bus;
  openLimit: OpenLimit;
  shutdown: Shutdown;
}

const openSource = async (
  config: Config,
  log: Log,
  shutdown: Shutdown,
  signal: AbortSignal,
): Promise<DatabaseSource> => {
  if (config.DATABASE_URL !== undefined) return { url: config.DATABASE_URL };
  const embedded = await openEmbedded({ dataDir: config.SERVERBOX_DATA_DIR, log, signal });
  shutdown.add('embedded database', embedded.stop);
  return { embedded: embedded.connection };
};

/** A Redis that hangs is one that is away, after this long: whoever signs in waits for it. */
const LIMIT_TIMEOUT_MS = 2000;

/** Commands fail at once while Redis is away: a limit that cannot be asked lets nobody through, and nobody waits. */
const connectLimits = (url: Secret, log: Log, shutdown: Shutdown): Redis => {
  const redis = new Redis(url.reveal(), {
    connectionName: 'serverbox-limits',
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: LIMIT_TIMEOUT_MS,
  });
  redis.on('error', (error: Error) => log.warn('limits connection failed', { reason: error.message }));
  shutdown.add('limits', () => redis.disconnect());
  return redis;
};

/**
 * Opens everything; `signal` gives up a first start that is still making its database.
 * @throws AppError with one sentence for the operator; what was opened until then is closed by `shutdown`
 */
export const openPlatform = async (
  config: Config,
  { log, shutdown, signal }: { log: Log; shutdown: Shutdown; signal: AbortSignal },
): Promise<Platform> => {
  const source = await openSource(config, log, shutdown, signal);
  let masterKey: MasterKey | undefined;
  const database = await openDatabase({
    source,
    log,
    // Before a migration changes anything: a wrong key must leave the data as it was.
    beforeMigrate: async (client) => {
      const keyCheck = await findKeyCheck(client);
      masterKey = await loadMasterKey({
        given: config.SERVERBOX_MASTER_KEY,
        dataDir: config.SERVERBOX_DATA_DIR,
        keyCheck,
      });
    },
  });
  shutdown.add('database', database.close);
  if (masterKey === undefined) throw new Error('the database was opened without the master key');

  const { REDIS_URL: redisUrl } = config;
  const bus = redisUrl === undefined ? createMemoryBus(log) : openRedisBus({ redisUrl, log });
  shutdown.add('bus', bus.close);
  const openLimit = createLimits(redisUrl === undefined ? undefined : connectLimits(redisUrl, log, shutdown));
  return { config, log, clock: systemClock, database, masterKey, bus, openLimit, shutdown };
};
