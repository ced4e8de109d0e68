import type { NodeId } from '@serverbox/contract/ids';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../lib/db/orm.ts';
import { newId } from '../../lib/ids.ts';
import { nodes } from '../../schema/nodes.ts';
import { secrets } from '../../schema/secrets.ts';
import { sshEndpoints } from '../../schema/ssh.ts';

type Row = typeof sshEndpoints.$inferSelect;
export type EndpointRow = Omit<Row, 'nodeId' | 'jump'> & { nodeId: NodeId; jump: NodeId[] };

/** As many as there may be nodes. */
const MAX_ENDPOINTS = 10_000;
const PURPOSE = 'ssh_credential';

const branded = (row: Row): EndpointRow => row as EndpointRow;

export const listEndpoints = async (db: Db): Promise<EndpointRow[]> =>
  (await db.select().from(sshEndpoints).limit(MAX_ENDPOINTS)).map(branded);

export const findEndpoint = async (db: Db, nodeId: NodeId): Promise<EndpointRow | undefined> => {
  const [row] = await db.select().from(sshEndpoints).where(eq(sshEndpoints.nodeId, nodeId));
  return row === undefined ? undefined : branded(row);
};

/** Locks the row until the transaction ends. */
export const lockEndpoint = async (tx: Db, nodeId: NodeId): Promise<EndpointRow | undefined> => {
  const [row] = await tx.select().from(sshEndpoints).where(eq(sshEndpoints.nodeId, nodeId)).for('update');
  return row === undefined ? undefined : branded(row);
};

export const listNodeNames = async (db: Db, nodeIds: readonly NodeId[]): Promise<Map<NodeId, string>> => {
  if (nodeIds.length === 0) return new Map();
  const rows = await db
    .select({ id: nodes.id, name: nodes.name })
    .from(nodes)
    .where(inArray(nodes.id, [...nodeIds]));
  return new Map(rows.map(({ id, name }) => [id as NodeId, name]));
};

/** Names of the nodes that are reached through this one. */
export const listDependants = async (db: Db, nodeId: NodeId): Promise<string[]> => {
  const rows = await db
    .select({ name: nodes.name })
    .from(sshEndpoints)
    .innerJoin(nodes, eq(nodes.id, sshEndpoints.nodeId))
    .where(sql`${nodeId}::uuid = ANY(${sshEndpoints.jump})`)
    .limit(5);
  return rows.map(({ name }) => name);
};

export type EndpointAccess = Pick<EndpointRow, 'nodeId' | 'host' | 'port' | 'sshUser' | 'jump'>;
export type EndpointAuth = Pick<EndpointRow, 'authKind' | 'authPublicKey'>;

/** What was offered or rejected before belonged to the access as it was. */
const UNDECIDED = { offeredHostKey: null, offeredAt: null, rejectedHostKey: null };

export const saveEndpoint = async (tx: Db, access: EndpointAccess, auth: EndpointAuth | undefined): Promise<void> => {
  if (auth === undefined) {
    await tx
      .update(sshEndpoints)
      .set({ ...access, ...UNDECIDED })
      .where(eq(sshEndpoints.nodeId, access.nodeId));
    return;
  }
  const newer = { credentialVersion: sql`${sshEndpoints.credentialVersion} + 1` };
  await tx
    .insert(sshEndpoints)
    .values({ ...access, ...auth })
    .onConflictDoUpdate({ target: sshEndpoints.nodeId, set: { ...access, ...auth, ...UNDECIDED, ...newer } });
};

/** What is undefined stays. */
export interface EndpointOptions {
  presence?: EndpointRow['presence'] | undefined;
  metricsIntervalMs?: number | undefined;
  allowsWeakAlgorithms?: boolean | undefined;
}

export const setOptions = async (db: Db, nodeId: NodeId, options: EndpointOptions): Promise<void> => {
  if (Object.values(options).every((value) => value === undefined)) return;
  await db.update(sshEndpoints).set(options).where(eq(sshEndpoints.nodeId, nodeId));
};

type HostKeys = Partial<
  Pick<EndpointRow, 'hostKey' | 'offeredHostKey' | 'offeredAt' | 'learntHostKeys' | 'rejectedHostKey'>
>;

/** Only while the pinned key is the one that the change was decided upon. False: it is another one by now. */
export const setHostKeys = async (
  db: Db,
  { nodeId, hostKey }: Pick<EndpointRow, 'nodeId' | 'hostKey'>,
  keys: HostKeys,
): Promise<boolean> => {
  const isSame = hostKey === null ? isNull(sshEndpoints.hostKey) : eq(sshEndpoints.hostKey, hostKey);
  const changed = await db
    .update(sshEndpoints)
    .set(keys)
    .where(and(eq(sshEndpoints.nodeId, nodeId), isSame))
    .returning({ nodeId: sshEndpoints.nodeId });
  return changed.length > 0;
};

/** False where this key is offered already, or another one was accepted meanwhile: then there is nothing new to tell. */
export const saveOffer = async (
  db: Db,
  { nodeId, hostKey }: Pick<EndpointRow, 'nodeId' | 'hostKey'>,
  offered: { offeredHostKey: string; offeredAt: Date },
): Promise<boolean> => {
  const isSame = hostKey === null ? isNull(sshEndpoints.hostKey) : eq(sshEndpoints.hostKey, hostKey);
  const isNew = sql`${sshEndpoints.offeredHostKey} is distinct from ${offered.offeredHostKey}`;
  const changed = await db
    .update(sshEndpoints)
    .set({ ...offered, rejectedHostKey: null })
    .where(and(eq(sshEndpoints.nodeId, nodeId), isSame, isNew))
    .returning({ nodeId: sshEndpoints.nodeId });
  return changed.length > 0;
};

export const deleteEndpoint = async (tx: Db, nodeId: NodeId): Promise<void> => {
  await tx.delete(sshEndpoints).where(eq(sshEndpoints.nodeId, nodeId));
};

const ofNode = (nodeId: NodeId) => and(eq(secrets.purpose, PURPOSE), eq(secrets.rowRef, nodeId));

export const findSealedCredential = async (db: Db, nodeId: NodeId): Promise<Buffer | undefined> => {
  const [row] = await db.select({ sealed: secrets.sealed }).from(secrets).where(ofNode(nodeId));
  return row?.sealed;
};

export const saveSealedCredential = async (tx: Db, nodeId: NodeId, sealed: Buffer): Promise<void> => {
  await tx
    .insert(secrets)
    .values({ id: newId(), purpose: PURPOSE, rowRef: nodeId, sealed })
    .onConflictDoUpdate({ target: [secrets.purpose, secrets.rowRef], set: { sealed } });
};

export const deleteCredential = async (tx: Db, nodeId: NodeId): Promise<void> => {
  await tx.delete(secrets).where(ofNode(nodeId));
};
