/** The embedded database of a data directory, looked at from outside and past the core: as its superuser, over its socket. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { withOwnerClient } from '../../core/src/lib/db/connection.ts';

type Work = Parameters<typeof withOwnerClient>[1];
export type OwnerClient = Parameters<Work>[0];

export const withStore = async <T>(dataDir: string, work: (client: OwnerClient) => Promise<T>): Promise<T> => {
  const host = join(await realpath(join(dataDir, 'postgres')), 'run');
  return withOwnerClient({ embedded: { host, user: 'serverbox', database: 'postgres' } }, work);
};
