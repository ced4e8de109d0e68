import type pg from 'pg';

/**
 * `instance.key_check`, if there is an instance. Works on a database that was never migrated, so that a wrong master key
 * is noticed before a migration changes anything: pass it to `openDatabase` as `beforeMigrate`.
 */
export const findKeyCheck = async (client: pg.Client): Promise<Buffer | undefined> => {
  const { rows: found } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('public.instance') IS NOT NULL AS exists`,
  );
  if (found[0]?.exists !== true) return undefined;
  const { rows } = await client.query<{ key_check: Buffer }>('SELECT key_check FROM instance');
  return rows[0]?.key_check;
};
