/** The core's own ed25519 key: agents pin it, and every SSH connection of this installation is made with it. */
import { and, eq } from 'drizzle-orm';
import type { Sealer } from '../../lib/crypto/sealing.ts';
import type { Db } from '../../lib/db/orm.ts';
import { newId } from '../../lib/ids.ts';
import type { ClientKey } from '../../lib/link/ssh-keys.ts';
import { generatePrivateKey, openClientKey } from '../../lib/link/ssh-keys.ts';
import { Secret } from '../../lib/log.ts';
import { secrets } from '../../schema/secrets.ts';

const PURPOSE = 'ssh_client_key';

const placeOf = (rowId: string) => ({ table: 'secrets', column: 'sealed', rowId });

const findKey = async (db: Db, sealer: Sealer): Promise<ClientKey | undefined> => {
  const [row] = await db
    .select({ id: secrets.id, sealed: secrets.sealed })
    .from(secrets)
    .where(and(eq(secrets.purpose, PURPOSE), eq(secrets.rowRef, '')));
  if (row === undefined) return undefined;
  return openClientKey(new Secret(sealer.open(row.sealed, placeOf(row.id)).toString('utf8')));
};

/** Made on the first call and kept, sealed. Several cores that start at once end up with one and the same key. */
export const ensureCoreKey = async (db: Db, sealer: Sealer): Promise<ClientKey> => {
  const existing = await findKey(db, sealer);
  if (existing !== undefined) return existing;
  const id = newId();
  const sealed = sealer.seal(Buffer.from(generatePrivateKey().reveal()), placeOf(id));
  await db.insert(secrets).values({ id, purpose: PURPOSE, rowRef: '', sealed }).onConflictDoNothing();
  const kept = await findKey(db, sealer);
  if (kept === undefined) throw new Error('the core key was stored and is not there');
  return kept;
};
