import type { GroupId } from '@serverbox/contract/organise';
import { asc, eq, sql } from 'drizzle-orm';
import type { Db } from '../../lib/db/orm.ts';
import { nodes } from '../../schema/nodes.ts';
import { nodeGroups } from '../../schema/organise.ts';
import type { Rule } from './membership.ts';

export interface GroupRow {
  id: GroupId;
  name: string;
  rule: Rule;
}
const columns = { id: nodeGroups.id, name: nodeGroups.name, rule: nodeGroups.rule };
const branded = (row: Omit<GroupRow, 'id'> & { id: string }): GroupRow => ({ ...row, id: row.id as GroupId });

/** By name. */
export const listGroupRows = async (db: Db): Promise<GroupRow[]> =>
  (await db.select(columns).from(nodeGroups).orderBy(asc(nodeGroups.name))).map(branded);

/** Each set of tags that some node has, with the number of its nodes: far fewer than nodes. */
export const listTagSets = async (db: Db): Promise<{ tags: Set<string>; nodeCount: number }[]> => {
  const rows = await db
    .select({ tags: nodes.tags, nodeCount: sql<number>`count(*)::int` })
    .from(nodes)
    .where(sql`${nodes.tags} <> '{}'`)
    .groupBy(nodes.tags);
  return rows.map(({ tags, nodeCount }) => ({ tags: new Set(tags), nodeCount }));
};

/** False when there are `most` already. @throws QueryError unique violation `node_groups_name_unique` */
export const insertGroup = async (db: Db, { id, name, rule }: GroupRow, most: number): Promise<boolean> => {
  const rows = await db.execute(sql`
    INSERT INTO node_groups (id, name, rule)
    SELECT ${id}::uuid, ${name}, ${JSON.stringify(rule)}::jsonb
    WHERE (SELECT count(*) FROM node_groups) < ${most}
    RETURNING id`);
  return rows.rows.length === 1;
};

/** False when there is none. @throws QueryError unique violation `node_groups_name_unique` */
export const saveGroup = async (db: Db, { id, name, rule }: GroupRow): Promise<boolean> => {
  const rows = await db
    .update(nodeGroups)
    .set({ name, rule })
    .where(eq(nodeGroups.id, id))
    .returning({ id: nodeGroups.id });
  return rows.length === 1;
};

/** False when there is none. */
export const deleteGroup = async (db: Db, id: GroupId): Promise<boolean> => {
  const rows = await db.delete(nodeGroups).where(eq(nodeGroups.id, id)).returning({ id: nodeGroups.id });
  return rows.length === 1;
};
