import type { NodeId } from '@serverbox/contract/ids';
import type { NodeFacts } from '@serverbox/contract/wire';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../lib/db/orm.ts';
import { enrollTokens, nodeCredentials, nodes } from '../../schema/nodes.ts';

export type EnrollTokenRow = typeof enrollTokens.$inferSelect;
export interface EnrolledNode {
  id: NodeId;
  name: string;
  hostPublicKey: string;
  isLocal: boolean;
}
export interface Credential {
  id: string;
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
const asNode = (row: Omit<EnrolledNode, 'id'> & { id: string }): EnrolledNode => ({ ...row, id: row.id as NodeId });

export const insertEnrollToken = async (
  db: Db,
  token: { id: string; secretHash: Buffer; nodeName: string; isLocal: boolean; lifeSeconds: number },
): Promise<void> => {
  const { lifeSeconds, ...row } = token;
  await db.insert(enrollTokens).values({ ...row, expiresAt: sql`now() + make_interval(secs => ${lifeSeconds})` });
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

export const findNodeByHostKey = async (db: Db, hostPublicKey: string): Promise<EnrolledNode | undefined> => {
  const [row] = await db.select(nodeColumns).from(nodes).where(eq(nodes.hostPublicKey, hostPublicKey));
  return row && asNode(row);
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
    .values({ ...node, via: 'agent', factsAt: sql`now()` })
    .onConflictDoNothing({ target: nodes.name })
    .returning({ id: nodes.id });
  return rows.length === 1;
};

export const setNodeIdentity = async (tx: Db, id: NodeId, hostPublicKey: string, facts: NodeFacts): Promise<void> => {
  await tx.update(nodes).set({ hostPublicKey, facts, factsAt: sql`now()` }).where(eq(nodes.id, id));
};

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
      secretHash: nodeCredentials.secretHash,
      revokedAt: nodeCredentials.revokedAt,
      node: nodeColumns,
    })
    .from(nodeCredentials)
    .innerJoin(nodes, eq(nodes.id, nodeCredentials.nodeId))
    .where(eq(nodeCredentials.id, id));
  return row && { ...row, node: asNode(row.node) };
};

export const touchCredential = async (db: Db, id: string): Promise<void> => {
  await db.update(nodeCredentials).set({ lastUsedAt: sql`now()` }).where(eq(nodeCredentials.id, id));
};

/** Revokes every credential of the node; returns how many were valid until now. */
export const revokeCredentials = async (db: Db, nodeId: NodeId): Promise<number> => {
  const rows = await db
    .update(nodeCredentials)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(nodeCredentials.nodeId, nodeId), isNull(nodeCredentials.revokedAt)))
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
