/**
 * Brings a database to the state that this version of the program expects. The files of `core/migrations` are applied in
 * the order of their names, each in one transaction together with its record, under an advisory lock: several cores may
 * start at once, and a core killed at any statement leaves whole migrations only.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { AppError } from '../errors.ts';

export interface Migration {
  /** File name without `.sql`, e.g. `0000_init`: its order. */
  name: string;
  sha256: string;
  sql: string;
}
export type AppliedMigration = Pick<Migration, 'name' | 'sha256'>;

export const MIGRATIONS_DIR = join(import.meta.dirname, '../../../migrations');

/** Any number will do, if it is never changed: all cores of one database must use the same. */
const PREPARATION_LOCK = 7_041_994;

export const readMigrations = async (dir: string): Promise<Migration[]> => {
  const names = (await readdir(dir)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (file) => {
      const sql = await readFile(join(dir, file), 'utf8');
      return { name: file.slice(0, -'.sql'.length), sha256: createHash('sha256').update(sql).digest('hex'), sql };
    }),
  );
};

/**
 * What is left to apply. What was applied must be the beginning of what the program knows.
 * @throws AppError `conflict` when the database is newer than the program or was made from other files
 */
export const planMigrations = (known: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] => {
  for (const [index, record] of applied.entries()) {
    const migration = known[index];
    const isUnknown = !known.some(({ name }) => name === record.name);
    if (isUnknown) {
      throw new AppError(
        'conflict',
        `The database was migrated by a newer Server Box (it has ${record.name}): start that version, or restore a backup made before the upgrade.`,
      );
    }
    if (migration?.name !== record.name || migration.sha256 !== record.sha256) {
      throw new AppError(
        'conflict',
        `Migration ${record.name} of the database differs from the file of this version: the database belongs to another build.`,
      );
    }
  }
  return known.slice(applied.length);
};

const listApplied = async (client: pg.Client): Promise<AppliedMigration[] | undefined> => {
  try {
    const { rows } = await client.query<AppliedMigration>('SELECT name, sha256 FROM schema_migrations ORDER BY name');
    return rows;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42P01') return undefined;
    throw error;
  }
};

const apply = async (client: pg.Client, migration: Migration): Promise<void> => {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query('INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)', [
      migration.name,
      migration.sha256,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    // If the connection is gone, so is the transaction.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
};

/** Runs `work` while no other core prepares the same database. */
export const withPreparationLock = async <T>(client: pg.Client, work: () => Promise<T>): Promise<T> => {
  await client.query('SELECT pg_advisory_lock($1)', [PREPARATION_LOCK]);
  try {
    return await work();
  } finally {
    // If the connection is gone, so is the lock.
    await client.query('SELECT pg_advisory_unlock($1)', [PREPARATION_LOCK]).catch(() => undefined);
  }
};

/**
 * Applies what is missing and returns the names applied; one query when nothing is.
 * @throws AppError `conflict` as `planMigrations`; errors of the driver
 */
export const migrate = async (client: pg.Client, migrations: readonly Migration[]): Promise<string[]> => {
  const applied = await listApplied(client);
  if (applied !== undefined && planMigrations(migrations, applied).length === 0) return [];
  return withPreparationLock(client, async () => {
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    // Read again: another core may have done it while this one waited for the lock.
    const pending = planMigrations(migrations, (await listApplied(client)) ?? []);
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  });
};
