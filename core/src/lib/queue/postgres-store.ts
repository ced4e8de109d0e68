/** Jobs in the database, in a schema of their own. All queues and workers of a process share one pool. */
import type { PgPool } from 'bullmq';
import {
  assertSchemaCompatibility,
  createPostgresBackend,
  LATEST_SCHEMA_VERSION,
  runMigrations,
  SchemaVersionMismatchError,
  withBackend,
} from 'bullmq';
import pg from 'pg';
import { appConfig } from '../db/connection.ts';
import type { Database } from '../db/database.ts';
import { translateDatabaseError } from '../db/database-errors.ts';
import { grantSchema } from '../db/roles.ts';
import { AppError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { JobStore } from './store.ts';
import { answersInTime, COMMON_WORKER_OPTIONS } from './store.ts';

/** Fixed by BullMQ for a pool that it did not make. */
const SCHEMA = 'bullmq';
/** Two workers listen on a connection each; the rest serves them and `add`. */
const MAX_CONNECTIONS = 10;
/** No such table, no such schema, or not yet permitted: three ways of not being set up. */
const NOT_SET_UP = ['42P01', '3F000', '42501'];

const findSchemaVersion = async (pool: pg.Pool): Promise<number> => {
  try {
    return await assertSchemaCompatibility(pool, SCHEMA);
  } catch (error) {
    if (error instanceof SchemaVersionMismatchError) {
      throw new AppError('conflict', 'The job queue was set up by a newer Server Box: start that version.', {
        cause: error,
      });
    }
    const isNotSetUp =
      error instanceof Error &&
      (error.name === 'SchemaMigrationRequiredError' || ('code' in error && NOT_SET_UP.includes(String(error.code))));
    if (!isNotSetUp) throw translateDatabaseError(error);
    return 0;
  }
};

const ensureSchema = async (database: Database, pool: pg.Pool, log: Log): Promise<void> => {
  if ((await findSchemaVersion(pool)) >= LATEST_SCHEMA_VERSION) return;
  await database.withOwner(async (client) => {
    const version = await runMigrations(client, SCHEMA);
    if (database.hasAppRole) await grantSchema(client, SCHEMA);
    log.info('job queue set up', { version });
  });
};

/** @throws AppError `conflict` when a newer version has set it up, `database_unavailable` */
export const openPostgresStore = async (database: Database, log: Log): Promise<JobStore> => {
  const config = appConfig(database.source, database.hasAppRole, [`-c search_path=${SCHEMA}`]);
  const pool = new pg.Pool({ ...config, max: MAX_CONNECTIONS, idleTimeoutMillis: 30_000 });
  pool.setMaxListeners(50);
  let isClosing = false;
  const warn = (error: Error): void => {
    // The server may stop before it has read our goodbye; whoever is leaving need not know.
    if (!isClosing) log.warn('job queue connection failed', { reason: messageOf(error) });
  };
  pool.on('error', warn);
  try {
    await ensureSchema(database, pool, log);
  } catch (error) {
    await pool.end();
    throw error;
  }
  // It is one; only the overloads of `connect` keep the compiler from seeing it.
  const connection = pool as unknown as PgPool;
  const { Queue, Worker } = withBackend(createPostgresBackend);
  return {
    openQueue: (name) => {
      const queue = new Queue(name, { connection });
      queue.on('error', warn);
      return queue;
    },
    openWorker: (name, limits, process, onFailed) => {
      const worker = new Worker(name, process, { ...COMMON_WORKER_OPTIONS, ...limits, connection });
      worker.on('error', warn);
      worker.on('failed', onFailed);
      return worker;
    },
    health: () => answersInTime(pool.query('SELECT 1')),
    close: () => {
      isClosing = true;
      return pool.end();
    },
  };
};
