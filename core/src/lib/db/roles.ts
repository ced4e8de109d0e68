/**
 * Two roles: the owner, who runs migrations, and `serverbox_app`, which the program works as (`SET ROLE` at connect).
 * The latter reads and writes rows; it can change no definition, disable no trigger, and of the audit trail it may only
 * read and append. A defect that lets somebody run SQL as the program therefore cannot rewrite what the program did.
 */
import pg from 'pg';
import { APP_ROLE } from './connection.ts';
import { withPreparationLock } from './migrate.ts';

const role = pg.escapeIdentifier(APP_ROLE);

const DENIED = '42501'; // the user of a DATABASE_URL need not be allowed to create roles
/** Roles belong to the cluster: a core on another of its databases may do the same at this moment. */
const RACED = ['42710', '23505', 'XX000'];
const NO_SUCH_ROLE = '42704';

const ignoring = async (work: Promise<unknown>, ...codes: string[]): Promise<void> => {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && codes.includes(String(error.code)))) throw error;
  }
};

/** `absent`: not a member of the role, or no such role. `ungranted`: it lacks a right, or has one too many. */
export type AppRoleState = 'ready' | 'ungranted' | 'absent';

const inspectAppRole = async (client: pg.Client): Promise<AppRoleState> => {
  const { rows } = await client.query<{ ready: boolean }>(
    `SELECT NOT EXISTS (
         SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
           AND NOT has_table_privilege(r.oid, pg_class.oid, 'SELECT'))
       AND NOT has_table_privilege(r.oid, 'audit_events', 'UPDATE, DELETE, TRUNCATE') AS ready
     FROM pg_roles r WHERE rolname = $1 AND pg_has_role(current_user, r.oid, 'MEMBER')`,
    [APP_ROLE],
  );
  if (rows[0] === undefined) return 'absent';
  return rows[0].ready ? 'ready' : 'ungranted';
};

/** Rights of the program on one schema, for all tables that are there and all that the owner will create. */
export const grantSchema = async (client: pg.Client, schema: string): Promise<void> => {
  const name = pg.escapeIdentifier(schema);
  const rights = 'SELECT, INSERT, UPDATE, DELETE';
  await client.query(`
    GRANT USAGE ON SCHEMA ${name} TO ${role};
    GRANT ${rights} ON ALL TABLES IN SCHEMA ${name} TO ${role};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${name} TO ${role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA ${name} GRANT ${rights} ON TABLES TO ${role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA ${name} GRANT USAGE, SELECT ON SEQUENCES TO ${role};
  `);
};

const grantAll = async (client: pg.Client): Promise<void> => {
  await client.query('BEGIN');
  try {
    await grantSchema(client, 'public');
    await client.query(`
      REVOKE UPDATE, DELETE, TRUNCATE ON audit_events FROM ${role};
      REVOKE DELETE, TRUNCATE ON audit_head FROM ${role};
      REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON schema_migrations FROM ${role};
    `);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
};

const makeReady = async (client: pg.Client): Promise<boolean> => {
  let state = await inspectAppRole(client);
  if (state === 'absent') {
    await ignoring(client.query(`CREATE ROLE ${role} NOLOGIN`), DENIED, ...RACED);
    await ignoring(client.query(`GRANT ${role} TO CURRENT_USER`), DENIED, NO_SUCH_ROLE, ...RACED);
    state = await inspectAppRole(client);
  }
  if (state === 'ungranted') await grantAll(client);
  return state !== 'absent';
};

/**
 * Creates the role and its rights where they are missing; one query when nothing is.
 * Returns false where roles may not be created: the program then works as the owner, guarded by triggers alone.
 */
export const ensureAppRole = async (client: pg.Client): Promise<boolean> => {
  if ((await inspectAppRole(client)) === 'ready') return true;
  // Two who grant at once fail with "tuple concurrently updated".
  return withPreparationLock(client, () => makeReady(client));
};
