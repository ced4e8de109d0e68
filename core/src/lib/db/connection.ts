/** How the database is reached, for the pool, for the owner's single connections and for the queue alike. */
import pg from 'pg';
import type { Secret } from '../log.ts';
import { translateDatabaseError } from './database-errors.ts';

/** The socket directory of the embedded server, and who connects. */
export interface SocketConnection {
  host: string;
  user: string;
  database: string;
}

/** A server of the user's own, or the embedded one. */
export type DatabaseSource = { url: Secret } | { embedded: SocketConnection };

/** The role that the program works with. It owns nothing and may change no row of the audit trail. */
export const APP_ROLE = 'serverbox_app';

const base = (source: DatabaseSource, options: string[]): pg.ClientConfig => {
  const common = { application_name: 'serverbox', connectionTimeoutMillis: 5000, keepAlive: true };
  if ('embedded' in source) return { ...common, ...source.embedded, options: options.join(' ') };
  const url = new URL(source.url.reveal());
  // The driver lets the URL win over our settings, so what the user put there is carried over.
  const given = url.searchParams.get('options');
  url.searchParams.delete('options');
  return { ...common, connectionString: url.href, options: [given ?? '', ...options].join(' ').trim() };
};

/** For the pool. A statement ends after 30 s, a lock is waited for 5 s, and a forgotten transaction is ended. */
export const appConfig = (
  source: DatabaseSource,
  asAppRole: boolean,
  extraOptions: string[] = [],
): pg.ClientConfig => ({
  ...base(source, [...(asAppRole ? [`-c role=${APP_ROLE}`] : []), ...extraOptions]),
  statement_timeout: 30_000,
  lock_timeout: 5000,
  idle_in_transaction_session_timeout: 60_000,
  // A server that neither answers nor hangs up: later than its own limit, so that its error comes first.
  query_timeout: 35_000,
});

/** For migrations: the owner of all tables, without a limit on how long a statement takes. */
const ownerConfig = (source: DatabaseSource): pg.ClientConfig => base(source, []);

/** Runs `work` on a connection of its own as the owner. @throws AppError `database_unavailable`, QueryError */
export const withOwnerClient = async <T>(
  source: DatabaseSource,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> => {
  const client = new pg.Client(ownerConfig(source));
  // The failure also reaches the pending query; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw translateDatabaseError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
};
