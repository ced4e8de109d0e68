/**
 * Drizzle over a bounded `pg.Pool`, with three of its habits corrected: errors are translated (see `database-errors.ts`),
 * a connection whose `begin` or `rollback` failed is thrown away instead of being leaked or reused, and a commit that
 * PostgreSQL turned into a rollback (because a statement before it had failed) is an error.
 */
import type { SQL } from 'drizzle-orm';
import { sql } from 'drizzle-orm';
import type { NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import { NodePgDatabase, NodePgSession, NodePgTransaction } from 'drizzle-orm/node-postgres';
import type { PgDatabase, PgPreparedQuery, PgTransactionConfig, PreparedQueryConfig } from 'drizzle-orm/pg-core';
import { PgDialect } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { databaseUnavailable, QueryError, translateDatabaseError } from './database-errors.ts';

type NoSchema = Record<string, never>;
type Tx = NodePgTransaction<NoSchema, NoSchema>;
type Prepare = NodePgSession<NoSchema, NoSchema>['prepareQuery'];
type PrepareArgs = Parameters<Prepare>;

/** Where queries run: the pool, or one transaction. Query functions take this and need not know which. */
export type Db = PgDatabase<NodePgQueryResultHKT, NoSchema>;

/** Callers that may wait for a connection: with the connection time-out, this bounds memory while the server is slow. */
const MAX_WAITING = 500;

/** Takes a connection; release it, with `true` when it must not be used again. @throws AppError `database_unavailable` */
export const takeConnection = async (pool: pg.Pool): Promise<pg.PoolClient> => {
  if (pool.waitingCount >= MAX_WAITING) throw databaseUnavailable('too many callers wait for a connection');
  try {
    return await pool.connect();
  } catch (error) {
    throw translateDatabaseError(error);
  }
};

const commit = async (tx: Tx): Promise<void> => {
  const result = await tx.execute(sql`commit`);
  if (result.command === 'ROLLBACK') {
    throw new QueryError({ message: 'commit became a rollback: a statement had failed', sqlState: '25P02' });
  }
};

/** Whether the connection is still good. A failed rollback is no news to the caller, who has the error that led to it. */
const rollBack = async (tx: Tx): Promise<boolean> =>
  tx.execute(sql`rollback`).then(
    () => true,
    () => false,
  );

class Session extends NodePgSession<NoSchema, NoSchema> {
  readonly #pool: pg.Pool;

  constructor(client: pg.Pool | pg.PoolClient, pool: pg.Pool, dialect: PgDialect) {
    super(client, dialect, undefined);
    this.#pool = pool;
  }

  override prepareQuery<T extends PreparedQueryConfig = PreparedQueryConfig>(
    query: PrepareArgs[0],
    fields: PrepareArgs[1],
    name: string | undefined,
    isArrayMode: boolean,
    mapRows?: (rows: unknown[][]) => T['execute'],
    ...rest: [PrepareArgs[5]?, PrepareArgs[6]?]
  ): PgPreparedQuery<T> {
    const prepared = super.prepareQuery<T>(query, fields, name, isArrayMode, mapRows, ...rest);
    const execute = prepared.execute.bind(prepared);
    prepared.execute = async (values) => {
      if (this.#pool.waitingCount >= MAX_WAITING) throw databaseUnavailable('too many callers wait for a connection');
      try {
        return await execute(values);
      } catch (error) {
        throw translateDatabaseError(error);
      }
    };
    return prepared;
  }

  /** Only ever called on the pool's session: inside a transaction drizzle makes savepoints by itself. */
  override async transaction<T>(work: (tx: Tx) => Promise<T>, config?: PgTransactionConfig): Promise<T> {
    const client = await takeConnection(this.#pool);
    let isGood = false;
    try {
      const tx: Tx = new NodePgTransaction(this.dialect, new Session(client, this.#pool, this.dialect), undefined);
      await tx.execute(beginStatement(config));
      try {
        const result = await work(tx);
        await commit(tx);
        isGood = true;
        return result;
      } catch (error) {
        isGood = await rollBack(tx);
        throw translateDatabaseError(error);
      }
    } finally {
      client.release(!isGood);
    }
  }
}

const beginStatement = (config: PgTransactionConfig = {}): SQL => {
  const isolation = config.isolationLevel === undefined ? '' : ` isolation level ${config.isolationLevel}`;
  const access = config.accessMode === undefined ? '' : ` ${config.accessMode}`;
  return sql.raw(`begin${isolation}${access}`);
};

/** The query builder of the program; its errors are AppErrors and `QueryError`s. */
export const createDb = (pool: pg.Pool): Db => {
  const dialect = new PgDialect();
  return new NodePgDatabase(dialect, new Session(pool, pool, dialect), undefined);
};
