import type { NodeId } from '@serverbox/contract/ids';
import type { NodeFacts } from '@serverbox/contract/wire';
import { and, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../lib/db/orm.ts';
import { enrollTokens, nodeCredentials, nodes } from '../../schema/nodes.ts';

export type EnrollTokenRow = typeof enrollTokens.$inferSelect;
export interface EnrolledNode {
  id: NodeId;
  name: string;
  hostPublicKey: string;
  isLocal: boolean;
}
/** The node that a host key belongs to. */
export interface KeyHolder extends EnrolledNode {
  /** Why its identity is in doubt; null when all is well. */
  conflict: string | null;
}
export interface Credential {
  id: string;
  kind: 'agent' | 'push';
  secretHash: Buffer;
  revokedAt: Date | null;
  node: EnrolledNode;
}

const nodeColumns = {
  id: nodes.id,
  name: nodes.name,
  hostPublicKey: nodes.hostPublicKey,
  isLocal: nodes.isLocal,
};
interface NodeColumns extends Omit<EnrolledNode, 'id' | 'hostPublicKey'> {
  id: string;
  hostPublicKey: string | null;
}
/** Undefined for a node that has no agent. */
const asNode = ({ id, hostPublicKey, ...row }: NodeColumns): EnrolledNode | undefined =>
  hostPublicKey === null ? undefined : { ...row, hostPublicKey, id: id as NodeId };

export const insertEnrollToken = async (
  db: Db,
  token: {
    id: string;
    secretHash: Buffer;
    nodeName: string;
    isLocal: boolean;
    forNodeId: NodeId | null;
    lifeSeconds: number;
  },
): Promise<Date> => {
  const { lifeSeconds, ...row } = token;
  const [stored] = await db
    .insert(enrollTokens)
    .values({ ...row, expiresAt: sql`now() + make_interval(secs => ${lifeSeconds})` })
    .returning({ expiresAt: enrollTokens.expiresAt });
  if (stored === undefined) throw new Error('the token was stored and is not there');
  return stored.expiresAt;
};

/** A token that can still be spent, by the database's clock. */
export const findUsableToken = async (db: Db, id: string): Promise<EnrollTokenRow | undefined> => {
  const [row] = await db
    .select()
    .from(enrollTokens)
    .where(and(eq(enrollTokens.id, id), isNull(enrollTokens.usedAt), sql`${enrollTokens.expiresAt} > now()`));
  return row;
};

/** Spends the token: of parallel callers exactly one gets true, because the others wait for its row and find it used. */
export const spendToken = async (tx: Db, id: string): Promise<boolean> => {
  const rows = await tx
    .update(enrollTokens)
    .set({ usedAt: sql`now()` })
    .where(and(eq(enrollTokens.id, id), isNull(enrollTokens.usedAt), sql`${enrollTokens.expiresAt} > now()`))
    .returning({ id: enrollTokens.id });
  return rows.length === 1;
};

export const setTokenNode = async (tx: Db, id: string, nodeId: NodeId): Promise<void> => {
  await tx.update(enrollTokens).set({ nodeId }).where(eq(enrollTokens.id, id));
};

export const findNodeByHostKey = async (db: Db, hostPublicKey: string): Promise<KeyHolder | undefined> => {
  const [row] = await db
    .select({ ...nodeColumns, conflict: nodes.conflict })
    .from(nodes)
    .where(eq(nodes.hostPublicKey, hostPublicKey));
  const node = row && asNode(row);
  return row && node && { ...node, conflict: row.conflict };
};

/** The node that this installation runs on: the oldest one that says so. */
export const findLocalNode = async (db: Db): Promise<EnrolledNode | undefined> => {
  const [row] = await db
    .select(nodeColumns)
    .from(nodes)
    .where(eq(nodes.isLocal, true))
    .orderBy(nodes.createdAt)
    .limit(1);
  return row && asNode(row);
};

/** False when the name is taken. */
export const insertNode = async (tx: Db, node: EnrolledNode & { facts: NodeFacts }): Promise<boolean> => {
  const rows = await tx
    .insert(nodes)
    .values({ ...node, factsAt: sql`now()` })
    .onConflictDoNothing({ target: nodes.name })
    .returning({ id: nodes.id });
  return rows.length === 1;
};

export const setNodeIdentity = async (tx: Db, id: NodeId, hostPublicKey: string, facts: NodeFacts): Promise<void> => {
  await tx.update(nodes).set({ hostPublicKey, facts, factsAt: sql`now()`, conflict: null }).where(eq(nodes.id, id));
};

/** The node is as if it had never had an agent. */
export const removeNodeIdentity = async (tx: Db, id: NodeId): Promise<void> => {
  await tx.update(nodes).set({ hostPublicKey: null, services: [], conflict: null }).where(eq(nodes.id, id));
};

/** False when the node is flagged already, or gone. */
export const flagConflict = async (db: Db, id: NodeId, conflict: string): Promise<boolean> => {
  const rows = await db
    .update(nodes)
    .set({ conflict })
    .where(and(eq(nodes.id, id), isNull(nodes.conflict)))
    .returning({ id: nodes.id });
  return rows.length === 1;
};

export const clearConflict = async (db: Db, id: NodeId): Promise<void> => {
  await db.update(nodes).set({ conflict: null }).where(eq(nodes.id, id));
};

export const listConflicts = async (db: Db): Promise<NodeId[]> =>
  (await db.select({ id: nodes.id }).from(nodes).where(isNotNull(nodes.conflict))).map(({ id }) => id as NodeId);

export const insertCredential = async (
  tx: Db,
  credential: { id: string; nodeId: NodeId; secretHash: Buffer },
): Promise<void> => {
  await tx.insert(nodeCredentials).values(credential);
};

export const findCredential = async (db: Db, id: string): Promise<Credential | undefined> => {
  const [row] = await db
    .select({
      id: nodeCredentials.id,
      kind: nodeCredentials.kind,
      secretHash: nodeCredentials.secretHash,
      revokedAt: nodeCredentials.revokedAt,
      node: nodeColumns,
    })
    .from(nodeCredentials)
    .innerJoin(nodes, eq(nodes.id, nodeCredentials.nodeId))
    .where(eq(nodeCredentials.id, id));
  const node = row && asNode(row.node);
  return row && node && { ...row, node };
};

export const touchCredential = async (db: Db, id: string): Promise<void> => {
  await db.update(nodeCredentials).set({ lastUsedAt: sql`now()` }).where(eq(nodeCredentials.id, id));
};

/** Revokes every credential of the node's agent; returns how many were valid until now. */
export const revokeCredentials = async (db: Db, nodeId: NodeId): Promise<number> => {
  const rows = await db
    .update(nodeCredentials)
    .set({ revokedAt: sql`now()` })
    .where(
      and(eq(nodeCredentials.nodeId, nodeId), eq(nodeCredentials.kind, 'agent'), isNull(nodeCredentials.revokedAt)),
    )
    .returning({ id: nodeCredentials.id });
  return rows.length;
};

/** Those of the given credentials that still hold. A deleted node has taken its credentials with it. */
export const listValidCredentials = async (db: Db, ids: readonly string[]): Promise<Set<string>> => {
  if (ids.length === 0) return new Set();
  const rows = await db
    .select({ id: nodeCredentials.id })
    .from(nodeCredentials)
    .where(and(inArray(nodeCredentials.id, [...ids]), isNull(nodeCredentials.revokedAt)));
  return new Set(rows.map(({ id }) => id));
};
