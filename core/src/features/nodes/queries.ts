import type { NodeId, UserId } from '@serverbox/contract/ids';
import type { NodeFacts } from '@serverbox/contract/wire';
import type { SQL } from 'drizzle-orm';
import { and, asc, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import type { Db } from '../../lib/db/orm.ts';
import { nodes } from '../../schema/nodes.ts';
import { nodeFavourites } from '../../schema/organise.ts';
import { secrets } from '../../schema/secrets.ts';
import { sshEndpoints } from '../../schema/ssh.ts';

type StoredNode = typeof nodes.$inferSelect;
/** Without the note, which may be long and only its own page shows. */
export type NodeRow = Omit<StoredNode, 'id' | 'note'> & { id: NodeId; hasNote: boolean; isFavourite: boolean };

/** One installation has at most so many nodes; beyond, a list would have to be paged. */
const MAX_NODES = 10_000;

const { note: noteColumn, ...columns } = getTableColumns(nodes);

/** Rows as one user sees them; without a user nothing is a favourite. One query, whatever the number of nodes. */
const selectRows = (db: Db, userId: UserId | null) =>
  db
    .select({
      ...columns,
      hasNote: sql<boolean>`${noteColumn} <> ''`,
      isFavourite: sql<boolean>`${nodeFavourites.nodeId} IS NOT NULL`,
    })
    .from(nodes)
    .leftJoin(
      nodeFavourites,
      and(eq(nodeFavourites.nodeId, nodes.id), eq(nodeFavourites.userId, sql`${userId}::uuid`)),
    );

const branded = (row: Omit<NodeRow, 'id'> & { id: string }): NodeRow => ({ ...row, id: row.id as NodeId });

/** By name. */
export const listNodeRows = async (db: Db, userId: UserId | null): Promise<NodeRow[]> =>
  (await selectRows(db, userId).orderBy(asc(nodes.name)).limit(MAX_NODES)).map(branded);

/** By name, without what only a page of the node shows. */
export const listNodeNames = async (db: Db): Promise<{ id: NodeId; name: string }[]> => {
  const rows = await db
    .select({ id: nodes.id, name: nodes.name })
    .from(nodes)
    .orderBy(asc(nodes.name))
    .limit(MAX_NODES);
  return rows.map(({ id, name }) => ({ id: id as NodeId, name }));
};

export const findNodeRow = async (db: Db, nodeId: NodeId, userId: UserId | null): Promise<NodeRow | undefined> => {
  const [row] = await selectRows(db, userId).where(eq(nodes.id, nodeId));
  return row === undefined ? undefined : branded(row);
};

export const findNodeName = async (db: Db, nodeId: NodeId): Promise<string | undefined> => {
  const [row] = await db.select({ name: nodes.name }).from(nodes).where(eq(nodes.id, nodeId));
  return row?.name;
};

export const findNote = async (db: Db, nodeId: NodeId): Promise<string | undefined> => {
  const [row] = await db.select({ note: nodes.note }).from(nodes).where(eq(nodes.id, nodeId));
  return row?.note;
};

/** False when the name is taken. */
export const insertNodeRow = async (db: Db, node: { id: NodeId; name: string; createdAt: Date }): Promise<boolean> => {
  const rows = await db
    .insert(nodes)
    .values(node)
    .onConflictDoNothing({ target: nodes.name })
    .returning({ id: nodes.id });
  return rows.length === 1;
};

/** Locks the rows until the transaction ends, in the order of their ids, so that two callers never wait for each other. */
export const lockNodeRows = async (tx: Db, nodeIds: readonly NodeId[]) => {
  const rows = await tx
    .select()
    .from(nodes)
    .where(inArray(nodes.id, [...nodeIds]))
    .orderBy(asc(nodes.id))
    .for('update');
  return rows.map((row) => ({ ...row, id: row.id as NodeId }));
};
export type LockedNode = Awaited<ReturnType<typeof lockNodeRows>>[number];

/** @throws QueryError unique violation `nodes_name_unique` */
export const saveNode = async (
  tx: Db,
  nodeId: NodeId,
  changes: Partial<Pick<StoredNode, 'name' | 'tags' | 'note'>>,
): Promise<void> => {
  await tx.update(nodes).set(changes).where(eq(nodes.id, nodeId));
};

export const saveTags = async (tx: Db, tagged: readonly { id: NodeId; tags: string[] }[]): Promise<void> => {
  await tx.execute(sql`
    UPDATE nodes SET tags = wanted.tags
    FROM jsonb_to_recordset(${JSON.stringify(tagged)}::jsonb) AS wanted (id uuid, tags text[])
    WHERE nodes.id = wanted.id`);
};

/** By name. */
export const listTags = async (db: Db): Promise<{ tag: string; nodeCount: number }[]> => {
  const tag: SQL<string> = sql`tag`;
  return db
    .select({ tag, nodeCount: sql<number>`count(*)::int` })
    .from(sql`${nodes}, unnest(${nodes.tags}) AS tag`)
    .groupBy(tag)
    .orderBy(tag);
};

export const saveFacts = async (
  tx: Db,
  nodeId: NodeId,
  said: { facts: NodeFacts; services: StoredNode['services']; agentEpoch: string; factsAt: Date },
): Promise<void> => {
  await tx.update(nodes).set(said).where(eq(nodes.id, nodeId));
};

export const saveFavourite = async (
  db: Db,
  { userId, nodeId, isFavourite }: { userId: UserId; nodeId: NodeId; isFavourite: boolean },
): Promise<void> => {
  const row = { userId, nodeId };
  if (isFavourite) await db.insert(nodeFavourites).values(row).onConflictDoNothing();
  else await db.delete(nodeFavourites).where(and(eq(nodeFavourites.userId, userId), eq(nodeFavourites.nodeId, nodeId)));
};

/** Names of the nodes that are reached through this one. */
export const listNodesBehind = async (db: Db, nodeId: NodeId): Promise<string[]> => {
  const rows = await db
    .select({ name: nodes.name })
    .from(sshEndpoints)
    .innerJoin(nodes, eq(nodes.id, sshEndpoints.nodeId))
    .where(sql`${nodeId}::uuid = ANY (${sshEndpoints.jump})`)
    .orderBy(asc(nodes.name));
  return rows.map(({ name }) => name);
};

/** With everything that is known of it; the database takes along what refers to it. */
export const deleteNode = async (tx: Db, nodeId: NodeId): Promise<void> => {
  await tx.delete(secrets).where(eq(secrets.rowRef, nodeId));
  await tx.delete(nodes).where(eq(nodes.id, nodeId));
};
