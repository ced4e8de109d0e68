/** For programs: a migrated database, opened the way the core opens it. */
import type { DatabaseSource } from '../../core/src/lib/db/connection.ts';
import type { Database } from '../../core/src/lib/db/database.ts';
import { openDatabase } from '../../core/src/lib/db/database.ts';
import { openEmbedded } from '../../core/src/lib/db/embedded.ts';
import { silentLog as log, Secret } from '../../core/src/lib/log.ts';

export interface Store {
  database: Database;
  close(): Promise<void>;
}

const openSource = async (place: string): Promise<{ source: DatabaseSource; stop(): Promise<void> }> => {
  if (place.startsWith('postgres:')) return { source: { url: new Secret(place) }, stop: async () => undefined };
  const { connection, stop } = await openEmbedded({ dataDir: place, log });
  return { source: { embedded: connection }, stop };
};

/** @param place a data directory for the embedded server, which commits durably, or the URL of a server that runs */
export const openStore = async (place: string, maxConnections = 10): Promise<Store> => {
  const { source, stop } = await openSource(place);
  const database = await openDatabase({ source, log, maxConnections });
  return {
    database,
    close: async () => {
      await database.close();
      await stop();
    },
  };
};
