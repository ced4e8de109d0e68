import type { NodeId } from '@serverbox/contract/ids';
import type { NodeFacts } from '@serverbox/contract/wire';
import { asc, eq } from 'drizzle-orm';
import type { Db } from '../../lib/db/orm.ts';
import { nodes } from '../../schema/nodes.ts';

export type NodeRow = Omit<typeof nodes.$inferSelect, 'id'> & { id: NodeId };

/** One installation has at most so many nodes; beyond, a list would have to be paged. */
const MAX_NODES = 10_000;

const branded = (row: typeof nodes.$inferSelect): NodeRow => ({ ...row, id: row.id as NodeId });

/** By name. */
export const listNodeRows = async (db: Db): Promise<NodeRow[]> =>
  (await db.select().from(nodes).orderBy(asc(nodes.name)).limit(MAX_NODES)).map(branded);

/** By name, without what only a page of the node shows. */
export const listNodeNames = async (db: Db): Promise<{ id: NodeId; name: string }[]> => {
  const rows = await db
    .select({ id: nodes.id, name: nodes.name })
    .from(nodes)
    .orderBy(asc(nodes.name))
    .limit(MAX_NODES);
  return rows.map(({ id, name }) => ({ id: id as NodeId, name }));
};

export const findNodeRow = async (db: Db, nodeId: NodeId): Promise<NodeRow | undefined> => {
  const [row] = await db.select().from(nodes).where(eq(nodes.id, nodeId));
  return row === undefined ? undefined : branded(row);
};

export const findNodeName = async (db: Db, nodeId: NodeId): Promise<string | undefined> => {
  const [row] = await db.select({ name: nodes.name }).from(nodes).where(eq(nodes.id, nodeId));
  return row?.name;
};

/** @throws QueryError unique violation `nodes_name_unique` */
export const renameNodeRow = async (db: Db, nodeId: NodeId, name: string): Promise<void> => {
  await db.update(nodes).set({ name }).where(eq(nodes.id, nodeId));
};

/** Locks the row until the transaction ends. */
export const lockNodeRow = async (tx: Db, nodeId: NodeId): Promise<NodeRow | undefined> => {
  const [row] = await tx.select().from(nodes).where(eq(nodes.id, nodeId)).for('update');
  return row === undefined ? undefined : branded(row);
};

export const saveFacts = async (
  tx: Db,
  nodeId: NodeId,
  said: { facts: NodeFacts; services: NodeRow['services']; agentEpoch: string; factsAt: Date },
): Promise<void> => {
  await tx.update(nodes).set(said).where(eq(nodes.id, nodeId));
};
