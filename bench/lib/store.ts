/** For programs: the embedded database, which commits as durably as it does for a user. In the program's own process only. */

import type { Database } from '../../core/src/lib/db/database.ts';
import { openDatabase } from '../../core/src/lib/db/database.ts';
import { openEmbedded } from '../../core/src/lib/db/embedded.ts';
import { silentLog } from '../../core/src/lib/log.ts';

export interface Store {
  database: Database;
  close(): Promise<void>;
}

/** Migrated and empty, or as it was left. */
export const openStore = async (dataDir: string, maxConnections = 10): Promise<Store> => {
  const embedded = await openEmbedded({ dataDir, log: silentLog });
  const database = await openDatabase({ source: { embedded: embedded.connection }, log: silentLog, maxConnections });
  return {
    database,
    close: async () => {
      await database.close();
      await embedded.stop();
    },
  };
};
