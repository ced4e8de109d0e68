/** The database as the program sees it: a pool, a query builder, transactions, and honest errors. */
import type { PgTransactionConfig } from 'drizzle-orm/pg-core';
import pg from 'pg';
import type { Log } from '../log.ts';
import type { DatabaseSource } from './connection.ts';
import { appConfig, withOwnerClient } from './connection.ts';
import { isSerializationConflict, translateDatabaseError } from './database-errors.ts';
import { MIGRATIONS_DIR } from './migrate.ts';
import type { Db } from './orm.ts';
import { createDb, takeConnection } from './orm.ts';
import { prepareDatabase } from './prepare.ts';

export interface DatabaseOptions {
  source: DatabaseSource;
  log: Log;
  /** At most so many connections; one more is taken by each `withOwner`. */
  maxConnections?: number;
  migrationsDir?: string;
  /** Runs as the owner before anything is changed; what it throws stops the start. See `findKeyCheck`. */
  beforeMigrate?: (client: pg.Client) => Promise<void>;
}

/** Every method throws AppError `database_unavailable` when the server is away, `timed_out` when a limit is reached, otherwise `QueryError`. */
export interface Database {
  /** The query builder. A failed query never shows its parameters. */
  readonly db: Db;
  readonly source: DatabaseSource;
  /** Whether the program works as `serverbox_app`; otherwise as the owner, and triggers alone guard the audit trail. */
  readonly hasAppRole: boolean;
  /**
   * All or nothing. `work` may run up to three times, when it lost a race against another transaction
   * (serialization failure, deadlock): it must have no effect outside the database.
   */
  transaction<T>(work: (tx: Db) => Promise<T>, config?: PgTransactionConfig): Promise<T>;
  /** One connection for what the query builder cannot do, such as COPY. Its state must be left as it was found. */
  withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  /** A connection of its own as the owner of all tables: for definitions (partitions), never for rows. */
  withOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T>;
  /** Whether a query is answered within 2 s. Never throws. */
  health(): Promise<'ok' | 'failed'>;
  /** Waits for running queries, then closes all connections. */
  close(): Promise<void>;
}

const MAX_RUNS = 3;
const HEALTH_TIMEOUT_MS = 2000;

const createPool = (source: DatabaseSource, hasAppRole: boolean, maxConnections: number, log: Log): pg.Pool => {
  const pool = new pg.Pool({ ...appConfig(source, hasAppRole), max: maxConnections, idleTimeoutMillis: 30_000 });
  // An idle connection that drops is an event, not an exception; without a listener it would end the process.
  // While the pool closes, the server may stop before it has read our goodbye, which is nobody's trouble.
  pool.on('error', (error) => {
    if (!pool.ending) log.warn('database connection dropped', { error });
  });
  // One that is taken but between two queries drops just the same; its next query then fails, which says enough.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
};

const retryingConflicts = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let run = 1; ; run += 1) {
    try {
      return await work();
    } catch (error) {
      if (run === MAX_RUNS || !isSerializationConflict(error)) throw error;
    }
  }
};

const withPoolClient = async <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await takeConnection(pool);
  let isGood = false;
  try {
    const result = await work(client);
    isGood = true;
    return result;
  } catch (error) {
    throw translateDatabaseError(error);
  } finally {
    // After a failure nobody knows what state the session is in: a COPY may be half sent, a transaction open.
    client.release(!isGood);
  }
};

const checkHealth = async (pool: pg.Pool): Promise<'ok' | 'failed'> => {
  const timeout = Promise.withResolvers<'failed'>();
  const timer = setTimeout(() => timeout.resolve('failed'), HEALTH_TIMEOUT_MS);
  const query = pool.query('SELECT 1').then(
    () => 'ok' as const,
    () => 'failed' as const,
  );
  return Promise.race([query, timeout.promise]).finally(() => clearTimeout(timer));
};

/**
 * Checks the server, migrates, and opens the pool.
 * @throws AppError `conflict` (server too old, database newer than this program), `database_unavailable`
 */
export const openDatabase = async (options: DatabaseOptions): Promise<Database> => {
  const { source, log } = options;
  const { migrationsDir = MIGRATIONS_DIR, beforeMigrate } = options;
  const hasAppRole = await prepareDatabase({ source, log, migrationsDir, beforeMigrate });
  const pool = createPool(source, hasAppRole, options.maxConnections ?? 10, log);
  const db = createDb(pool);
  let closing: Promise<void> | undefined;
  return {
    db,
    source,
    hasAppRole,
    transaction: (work, config) => retryingConflicts(() => db.transaction(work, config)),
    withClient: (work) => withPoolClient(pool, work),
    withOwner: (work) => withOwnerClient(source, work),
    health: () => checkHealth(pool),
    close: () => {
      closing ??= pool.end();
      return closing;
    },
  };
};
