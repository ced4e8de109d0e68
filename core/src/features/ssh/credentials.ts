/** What the core logs in with at one node: made or taken from a person, sealed, and opened for each dial. */
import type { NodeId } from '@serverbox/contract/ids';
import type { SshAuth } from '@serverbox/contract/ssh';
import { z } from 'zod';
import type { Sealer } from '../../lib/crypto/sealing.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError } from '../../lib/errors.ts';
import { generatePrivateKey } from '../../lib/link/ssh-keys.ts';
import type { Credential } from '../../lib/link/ssh-login.ts';
import { readLoginKey } from '../../lib/link/ssh-private-keys.ts';
import { Secret } from '../../lib/log.ts';
import type { EndpointAuth } from './queries.ts';
import { findSealedCredential } from './queries.ts';

export interface NewCredential extends EndpointAuth {
  credential: Credential;
}

/** @throws AppError `bad_request` for a key that cannot be used; the sentence quotes nothing of it */
export const takeCredential = (auth: SshAuth): NewCredential => {
  if (auth.kind === 'password') {
    const password = new Secret(auth.password);
    return { authKind: 'password', authPublicKey: null, credential: { kind: 'password', password } };
  }
  const given = auth.kind === 'generated' ? generatePrivateKey() : new Secret(auth.privateKey);
  const passphrase = auth.kind === 'key' && auth.passphrase ? new Secret(auth.passphrase) : undefined;
  const { privateKey, publicKey } = readLoginKey(given, passphrase);
  return { authKind: auth.kind, authPublicKey: publicKey.line, credential: { kind: 'key', privateKey } };
};

const Stored = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('key'), secret: z.string() }),
  z.strictObject({ kind: z.literal('password'), secret: z.string() }),
]);

/** Bound to the node: the envelope of another node does not open here. */
const placeOf = (nodeId: NodeId) => ({ table: 'secrets', column: 'sealed', rowId: `ssh_credential:${nodeId}` });

export const sealCredential = (sealer: Sealer, nodeId: NodeId, credential: Credential): Buffer => {
  const secret = credential.kind === 'key' ? credential.privateKey : credential.password;
  const stored: z.infer<typeof Stored> = { kind: credential.kind, secret: secret.reveal() };
  return sealer.seal(Buffer.from(JSON.stringify(stored)), placeOf(nodeId));
};

/** @throws AppError `internal` when it is gone or cannot be opened */
export const openCredential = async (db: Db, sealer: Sealer, nodeId: NodeId): Promise<Credential> => {
  const sealed = await findSealedCredential(db, nodeId);
  if (sealed === undefined) throw new AppError('internal', 'The credential of the node is gone: set it anew.');
  const { kind, secret } = Stored.parse(JSON.parse(sealer.open(sealed, placeOf(nodeId)).toString('utf8')));
  return kind === 'key' ? { kind, privateKey: new Secret(secret) } : { kind, password: new Secret(secret) };
};
