import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret, silentLog } from '../log.ts';
import type { DatabaseSource } from './connection.ts';
import { withOwnerClient } from './connection.ts';
import { openDatabase } from './database.ts';
import { isUniqueViolation, QueryError } from './database-errors.ts';
import { findKeyCheck } from './key-check.ts';
import { MIGRATIONS_DIR, migrate, readMigrations } from './migrate.ts';
import type { TestDatabase, TestSource } from './testing.ts';
import { createTestSource, withTestDatabase } from './testing.ts';

const warnings = () => {
  const messages: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void messages.push(message) };
  return { messages, log };
};

const withEmpty = async (work: (test: TestSource) => Promise<void>): Promise<void> => {
  const created = await createTestSource('empty');
  try {
    await work(created);
  } finally {
    await created.drop();
  }
};

describe('the audit trail', () => {
  let context: TestDatabase;
  beforeAll(async () => {
    context = await withTestDatabase();
    await context.database.db.execute(sql`
      INSERT INTO audit_events (seq, at, phase, correlation_id, action, actor, details, canonical, prev_hash, hash)
      VALUES (1, now(), 'intent', gen_random_uuid(), 'a', 'system', '{}', '', '', '')`);
    await context.database.db.execute(sql`INSERT INTO audit_head (seq, hash) VALUES (1, '')`);
  });
  afterAll(() => context.close());

  test.each([
    `UPDATE audit_events SET actor = 'x'`,
    'DELETE FROM audit_events',
    'TRUNCATE audit_events',
    'ALTER TABLE audit_events ADD COLUMN x int',
    'ALTER TABLE audit_events DISABLE TRIGGER ALL',
    'DROP TRIGGER audit_events_append_only ON audit_events',
    'DROP TABLE audit_events',
    'CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
    'GRANT UPDATE ON audit_events TO serverbox_app',
    'DELETE FROM audit_head',
    'TRUNCATE audit_head',
    `SET session_replication_role = 'replica'`,
    'UPDATE schema_migrations SET sha256 = name',
  ])('AU-8 the role of the program may not: %s', async (statement) => {
    // The role itself, without the way back that SET ROLE leaves open.
    const attempt = context.database.withOwner(async (client) => {
      await client.query('SET SESSION AUTHORIZATION serverbox_app');
      await client.query(statement);
    });
    if (statement.startsWith('GRANT')) {
      // PostgreSQL answers with a warning that nothing was granted.
      await attempt;
      const { rows } = await context.database.db.execute(
        sql`SELECT has_table_privilege('serverbox_app', 'audit_events', 'UPDATE') AS may`,
      );
      expect(rows).toEqual([{ may: false }]);
    } else {
      await expect(attempt).rejects.toMatchObject({ sqlState: '42501' });
    }
  });

  test.each([
    `UPDATE audit_events SET actor = 'x'`,
    'DELETE FROM audit_events',
    'TRUNCATE audit_events',
    'DELETE FROM audit_head',
    'TRUNCATE audit_head',
    'UPDATE audit_head SET seq = seq - 1',
    `SET session_replication_role = 'replica'; DELETE FROM audit_events`,
  ])('AU-8 the owner, and a superuser, is refused too: %s', async (statement) => {
    const attempt = context.database.withOwner((client) => client.query(statement));
    await expect(attempt).rejects.toMatchObject({ sqlState: '42501' });
  });

  test('the role of the program may append, read, and move the head forward', async () => {
    const { db } = context.database;
    await db.execute(sql`UPDATE audit_head SET seq = seq + 1`);
    const { rows } = await db.execute(sql`SELECT current_user AS name, seq::int FROM audit_events`);
    expect(rows).toEqual([{ name: 'serverbox_app', seq: 1 }]);
  });
});

describe('queries', () => {
  let context: TestDatabase;
  beforeAll(async () => {
    context = await withTestDatabase();
    await context.database.withOwner((client) =>
      client.query('CREATE TABLE counter (id int PRIMARY KEY, value int NOT NULL)'),
    );
    await context.database.db.execute(sql`INSERT INTO counter VALUES (1, 0)`);
  });
  afterAll(() => context.close());
  const readCounter = async (): Promise<unknown> =>
    (await context.database.db.execute(sql`SELECT value FROM counter WHERE id = 1`)).rows[0]?.value;

  test('SE-1 an error shows none of the values of its query', async () => {
    const canary = randomBytes(12).toString('hex');
    const { db } = context.database;
    const failures = await Promise.allSettled([
      db.execute(
        sql`INSERT INTO users (id, email, password_hash, role, preferences) VALUES (gen_random_uuid(), ${canary.toUpperCase()}, ${canary}, '', '{}')`,
      ),
      db.execute(sql`SELECT ${canary}::int`),
      db.execute(sql`SELECT ${canary}::uuid FROM no_such_table`),
    ]);
    for (const failure of failures) {
      expect(failure.status).toBe('rejected');
      if (failure.status === 'fulfilled') continue;
      const shown = JSON.stringify(failure.reason, Object.getOwnPropertyNames(failure.reason));
      expect(shown.toLowerCase()).not.toContain(canary);
    }
  });

  test('a second row with the same key is told from other failures', async () => {
    const again = context.database.db.execute(sql`INSERT INTO counter VALUES (1, 0)`);
    const error = await again.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(QueryError);
    expect(isUniqueViolation(error, 'counter_pkey')).toBe(true);
  });

  test('a transaction that throws leaves nothing', async () => {
    const before = await readCounter();
    const failing = context.database.transaction(async (tx) => {
      await tx.execute(sql`UPDATE counter SET value = value + 1`);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await readCounter()).toBe(before);
  });

  test('a transaction that hides a failed statement is not said to be committed', async () => {
    const before = await readCounter();
    const hiding = context.database.transaction(async (tx) => {
      await tx.execute(sql`UPDATE counter SET value = value + 1`);
      await tx.execute(sql`SELECT 1 / 0`).catch(() => undefined);
    });
    await expect(hiding).rejects.toThrow('commit became a rollback');
    expect(await readCounter()).toBe(before);
  });

  test('an inner transaction can fail by itself', async () => {
    const before = Number(await readCounter());
    await context.database.transaction(async (tx) => {
      await tx.execute(sql`UPDATE counter SET value = value + 1`);
      await tx.transaction((inner) => inner.execute(sql`SELECT 1 / 0`)).catch(() => undefined);
    });
    expect(await readCounter()).toBe(before + 1);
  });

  test('DB-9 transactions that conflict are run again: 60 increments by six writers all count', async () => {
    const before = Number(await readCounter());
    const increment = () =>
      context.database.transaction(
        async (tx) => {
          const { rows } = await tx.execute<{ value: number }>(sql`SELECT value FROM counter WHERE id = 1`);
          await tx.execute(sql`UPDATE counter SET value = ${Number(rows[0]?.value) + 1} WHERE id = 1`);
        },
        { isolationLevel: 'serializable' },
      );
    const results: PromiseSettledResult<void>[] = [];
    const writers = Array.from({ length: 6 }, async () => {
      for (let count = 0; count < 10; count += 1) results.push(...(await Promise.allSettled([increment()])));
    });
    await Promise.all(writers);
    const committed = results.filter(({ status }) => status === 'fulfilled').length;
    expect(await readCounter()).toBe(before + committed);
    expect(committed).toBeGreaterThan(0);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ sqlState: '40001' });
    }
  });

  test('DB-8 a lock held by another session stops one query for 5 s, and no other', async () => {
    const held = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const holder = context.database.withOwner(async (client) => {
      await client.query('BEGIN; LOCK TABLE counter');
      held.resolve();
      await release.promise;
      await client.query('ROLLBACK');
    });
    await held.promise;
    const startedAt = performance.now();
    const blocked = expect(context.database.db.execute(sql`UPDATE counter SET value = 0`)).rejects.toMatchObject({
      code: 'timed_out',
    });
    expect(await context.database.health()).toBe('ok');
    await blocked;
    expect(performance.now() - startedAt).toBeLessThan(8000);
    release.resolve();
    await holder;
  });

  test('DB-7 a caller that finds every connection taken is refused in time, and served later', async () => {
    const small = await openDatabase({ source: context.source, log: silentLog, maxConnections: 1 });
    const release = Promise.withResolvers<void>();
    const holder = small.withClient(() => release.promise);
    await expect(small.db.execute(sql`SELECT 1`)).rejects.toMatchObject({
      code: 'database_unavailable',
      retryAfterSeconds: 2,
    });
    release.resolve();
    await holder;
    await small.db.execute(sql`SELECT 1`);
    await small.close();
  });

  test('DB-7 connections that the server ends are replaced', async () => {
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    await Promise.all(Array.from({ length: 5 }, () => context.database.db.execute(sql`SELECT pg_sleep(0.05)`)));
    await context.database.withOwner((client) => client.query(end));
    await expect.poll(() => context.database.health()).toBe('ok');
  });

  test('a connection on which work failed is not used again', async () => {
    const single = await openDatabase({ source: context.source, log: silentLog, maxConnections: 1 });
    await expect(
      single.withClient(async (client) => {
        await client.query('BEGIN');
        throw new Error('left open');
      }),
    ).rejects.toThrow('left open');
    const { rows } = await single.db.execute(sql`SELECT now() = statement_timestamp() AS outside`);
    expect(rows).toEqual([{ outside: true }]);
    await single.close();
  });
});

describe('opening', () => {
  test('a server that is not there is said to be unavailable', async () => {
    const source: DatabaseSource = { url: new Secret('postgres://u:p@127.0.0.1:1/x') };
    await expect(openDatabase({ source, log: silentLog })).rejects.toMatchObject({ code: 'database_unavailable' });
  });

  test('DB-4 two cores migrate an empty database together', async () => {
    await withEmpty(async ({ source }) => {
      const [first, second] = await Promise.all([
        openDatabase({ source, log: silentLog }),
        openDatabase({ source, log: silentLog }),
      ]);
      const { rows } = await first.db.execute(sql`SELECT count(*)::int AS count FROM schema_migrations`);
      expect(rows).toEqual([{ count: (await readMigrations(MIGRATIONS_DIR)).length }]);
      await first.close();
      await second.close();
    });
  });

  test('DB-4 a migration killed after any of its statements leaves nothing, and the next start completes it', async () => {
    await withEmpty(async ({ source }) => {
      const migrations = await readMigrations(MIGRATIONS_DIR);
      const countObjects = () =>
        withOwnerClient(source, async (client) => {
          const { rows } = await client.query(
            `SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
                  + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
                  + (SELECT count(*) FROM pg_trigger) + (SELECT count(*) FROM pg_constraint) AS count`,
          );
          return Number(rows[0].count);
        });
      for (const [at, migration] of migrations.entries()) {
        await withOwnerClient(source, (client) => migrate(client, migrations.slice(0, at)));
        const before = await countObjects();
        const statements = migration.sql.split('--> statement-breakpoint');
        for (let done = 1; done <= statements.length; done += 1) {
          const killed = [...statements.slice(0, done), 'SELECT pg_terminate_backend(pg_backend_pid());'].join('\n');
          const broken = [...migrations.slice(0, at), { ...migration, sql: killed }];
          await expect(withOwnerClient(source, (client) => migrate(client, broken))).rejects.toThrow();
        }
        expect(await countObjects(), migration.name).toBe(before);
      }
      const database = await openDatabase({ source, log: silentLog });
      expect(await database.health()).toBe('ok');
      await database.close();
    });
  });

  test('DB-4 a migration whose record cannot be written leaves nothing', async () => {
    await withEmpty(async ({ source }) => {
      const first = (await readMigrations(MIGRATIONS_DIR)).slice(0, 1);
      const next = { name: '0001_next', sha256: 'x', sql: '' };
      // The statements succeed, and what comes after them does not: the moment of a kill that no statement can be.
      next.sql = `CREATE TABLE half (n int); ALTER TABLE schema_migrations ADD CHECK (name <> '${next.name}');`;
      await withOwnerClient(source, (client) => migrate(client, first));
      await expect(withOwnerClient(source, (client) => migrate(client, [...first, next]))).rejects.toThrow();
      const { rows } = await withOwnerClient(source, (client) => client.query(`SELECT to_regclass('half') AS half`));
      expect(rows).toEqual([{ half: null }]);
    });
  });

  test('DB-4 an older core refuses a newer database and changes nothing', async () => {
    await using context = await withTestDatabase();
    await context.database.withOwner((client) =>
      client.query(`INSERT INTO schema_migrations (name, sha256) VALUES ('9999_future', 'x')`),
    );
    await expect(openDatabase({ source: context.source, log: silentLog })).rejects.toThrow(
      'migrated by a newer Server Box',
    );
  });

  test('a core made from other migration files refuses the database', async () => {
    await using context = await withTestDatabase();
    const migrationsDir = await mkdtemp(join(tmpdir(), 'serverbox-migrations-'));
    await writeFile(join(migrationsDir, '0000_init.sql'), 'SELECT 1');
    const names = (await readMigrations(MIGRATIONS_DIR)).slice(1);
    for (const { name, sql: text } of names) await writeFile(join(migrationsDir, `${name}.sql`), text);
    await expect(openDatabase({ source: context.source, log: silentLog, migrationsDir })).rejects.toThrow(
      '0000_init of the database differs',
    );
    await rm(migrationsDir, { recursive: true });
  });

  test('SE-6 what refuses before the migration leaves the database as it was', async () => {
    await withEmpty(async ({ source }) => {
      const beforeMigrate = async () => {
        throw new Error('wrong key');
      };
      await expect(openDatabase({ source, log: silentLog, beforeMigrate })).rejects.toThrow('wrong key');
      const { rows } = await withOwnerClient(source, (client) =>
        client.query(`SELECT count(*)::int AS count FROM pg_class WHERE relnamespace = 'public'::regnamespace`),
      );
      expect(rows).toEqual([{ count: 0 }]);
    });
  });

  test('the key check is found in an instance, and only there', async () => {
    await withEmpty(async ({ source }) => {
      expect(await withOwnerClient(source, findKeyCheck)).toBeUndefined();
      const database = await openDatabase({ source, log: silentLog });
      expect(await database.withOwner(findKeyCheck)).toBeUndefined();
      await database.db.execute(sql`INSERT INTO instance (key_check) VALUES ('\\x0102')`);
      expect(await database.withOwner(findKeyCheck)).toEqual(Buffer.from([1, 2]));
      await database.close();
    });
  });

  test('settings that lose committed rows are warned of', async () => {
    await using context = await withTestDatabase();
    const { messages, log } = warnings();
    await context.database.withOwner(async (client) => {
      const { rows } = await client.query('SELECT current_database() AS name');
      await client.query(`ALTER DATABASE ${rows[0].name} SET synchronous_commit = off`);
    });
    await (await openDatabase({ source: context.source, log })).close();
    expect(messages).toContain('database setting risks the loss of committed rows');
  });

  test('a user who may not create roles works as the owner, with a warning, and triggers guard the audit trail', async () => {
    await withEmpty(async ({ source }) => {
      const [name, password] = [`plain_${randomBytes(4).toString('hex')}`, randomBytes(8).toString('hex')];
      await withOwnerClient(source, async (client) => {
        const { rows } = await client.query('SELECT current_database() AS name');
        await client.query(
          `CREATE ROLE ${name} LOGIN PASSWORD '${password}'; ALTER DATABASE ${rows[0].name} OWNER TO ${name}`,
        );
      });
      const { messages, log } = warnings();
      const plain = asUser(source, name, password);
      const database = await openDatabase({ source: plain, log });
      expect(database.hasAppRole).toBe(false);
      expect(messages).toContain('database user may not create roles: the audit trail is guarded by triggers alone');
      await expect(database.db.execute(sql`TRUNCATE audit_events`)).rejects.toMatchObject({ sqlState: '42501' });
      await database.close();
      await withOwnerClient(source, (client) =>
        client.query(`REASSIGN OWNED BY ${name} TO CURRENT_USER; DROP OWNED BY ${name}; DROP ROLE ${name}`),
      );
    });
  });

  test('health of a closed database is failed', async () => {
    await using context = await withTestDatabase();
    await context.database.close();
    expect(await context.database.health()).toBe('failed');
  });
});

const asUser = (source: DatabaseSource, name: string, password: string): DatabaseSource => {
  if ('embedded' in source) return { embedded: { ...source.embedded, user: name } };
  const url = new URL(source.url.reveal());
  url.username = name;
  url.password = password;
  return { url: new Secret(url.href) };
};
