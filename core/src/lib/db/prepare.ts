/** What happens between "there is a server" and "the program may use it": checks, migrations, roles. */
import type pg from 'pg';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { DatabaseSource } from './connection.ts';
import { withOwnerClient } from './connection.ts';
import { migrate, readMigrations } from './migrate.ts';
import { ensureAppRole } from './roles.ts';

const OLDEST_MAJOR = 15;
/** A committed row is durable only with all three on. They are the server owner's choice, so we warn and go on. */
const DURABILITY_SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit'] as const;

type Inspection = { version: number } & Record<(typeof DURABILITY_SETTINGS)[number], string>;

const inspect = async (client: pg.Client): Promise<Inspection> => {
  const settings = DURABILITY_SETTINGS.map((name) => `current_setting('${name}') AS ${name}`).join(', ');
  const { rows } = await client.query<Inspection>(
    `SELECT current_setting('server_version_num')::int AS version, ${settings}`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an aggregate-free SELECT without FROM returned no row');
  return row;
};

export interface PrepareOptions {
  source: DatabaseSource;
  log: Log;
  migrationsDir: string;
  /** Runs as the owner before anything is changed; what it throws stops the start. */
  beforeMigrate?: ((client: pg.Client) => Promise<void>) | undefined;
}

/**
 * Checks the server, migrates, and makes the program's role. Returns whether that role can be used.
 * @throws AppError `conflict` (server too old, database newer than the program), `database_unavailable`
 */
export const prepareDatabase = ({ source, migrationsDir, beforeMigrate, log }: PrepareOptions): Promise<boolean> =>
  withOwnerClient(source, async (client) => {
    const { version, ...settings } = await inspect(client);
    const major = Math.floor(version / 10_000);
    if (major < OLDEST_MAJOR) {
      throw new AppError(
        'conflict',
        `The PostgreSQL server is version ${major}; Server Box needs ${OLDEST_MAJOR} or newer.`,
      );
    }
    for (const name of DURABILITY_SETTINGS) {
      if (settings[name] === 'off') log.warn('database setting risks the loss of committed rows', { setting: name });
    }
    await beforeMigrate?.(client);
    const applied = await migrate(client, await readMigrations(migrationsDir));
    if (applied.length > 0) log.info('database migrated', { applied });
    const hasAppRole = await ensureAppRole(client);
    if (!hasAppRole) {
      log.warn('database user may not create roles: the audit trail is guarded by triggers alone', {
        remedy: 'CREATE ROLE serverbox_app NOLOGIN; GRANT serverbox_app TO <user of DATABASE_URL>',
      });
    }
    return hasAppRole;
  });
