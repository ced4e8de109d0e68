/**
 * Databases for tests: each test file, or each test, takes one of its own from a migrated template, in about 50 ms.
 * Needs `testing-setup.ts` as a `globalSetup` of the Vitest project.
 */
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import type { Log } from '../log.ts';
import { Secret, silentLog } from '../log.ts';
import type { DatabaseSource, SocketConnection } from './connection.ts';
import { withOwnerClient } from './connection.ts';
import type { Database } from './database.ts';
import { openDatabase } from './database.ts';

/** Which server this run uses; plain values, because they travel to the test workers. */
export interface TestServer {
  server: { url: string } | { embedded: SocketConnection };
  /** Name of the migrated database that others are copied from. */
  template: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer;
  }
}

/** A database of `server`, or its maintenance database. */
export const testSource = ({ server }: Pick<TestServer, 'server'>, database?: string): DatabaseSource => {
  if ('embedded' in server) return { embedded: { ...server.embedded, database: database ?? server.embedded.database } };
  const url = new URL(server.url);
  if (database !== undefined) url.pathname = `/${database}`;
  return { url: new Secret(url.href) };
};

export interface TestSource {
  source: DatabaseSource;
  drop(): Promise<void>;
}

/** A new database, `migrated` like a fresh installation or `empty`, that nobody is connected to. */
export const createTestSource = async (state: 'migrated' | 'empty' = 'migrated'): Promise<TestSource> => {
  const context = inject('testServer');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const template = state === 'migrated' ? context.template : 'template0';
  await withOwnerClient(testSource(context), (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  return {
    source: testSource(context, name),
    drop: async () => {
      await withOwnerClient(testSource(context), (client) =>
        client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
      );
    },
  };
};

export interface TestDatabase extends AsyncDisposable {
  database: Database;
  source: DatabaseSource;
  /** Closes the pool and drops the database. */
  close(): Promise<void>;
}

/** A migrated database of its own, open. Use `await using`, or call `close`. */
export const withTestDatabase = async (log: Log = silentLog): Promise<TestDatabase> => {
  const { source, drop } = await createTestSource();
  const database = await openDatabase({ source, log });
  const close = async (): Promise<void> => {
    await database.close();
    await drop();
  };
  return { database, source, close, [Symbol.asyncDispose]: close };
};
