/** The story of each node: bounded, newest first. */
import type { NodeId } from '@serverbox/contract/ids';
import type { ACTIVITY_KINDS, Activity } from '@serverbox/contract/nodes';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Db } from '../../lib/db/orm.ts';
import { newId } from '../../lib/ids.ts';
import { beforeCursor, newestFirst, pageOf } from '../../lib/time-cursor.ts';
import { activity } from '../../schema/activity.ts';
import { nodes } from '../../schema/nodes.ts';

export interface ActivityEntry {
  kind: (typeof ACTIVITY_KINDS)[number];
  /** E.g. the container's name: hostile text. */
  subject: string | null;
  /** E-mail of the user who caused it; null: it happened by itself. */
  actor: string | null;
  text: string;
}

const MAX_PER_NODE = 10_000;
const TRIM_EVERY = 500;
const MAX_SUBJECT_CHARS = 512;
const MAX_TEXT_CHARS = 2000;

const columns = {
  id: activity.id,
  nodeId: activity.nodeId,
  nodeName: nodes.name,
  at: activity.at,
  kind: activity.kind,
  subject: activity.subject,
  actor: activity.actor,
  text: activity.text,
};
type Row = {
  [K in keyof typeof columns]: K extends 'at' ? Date : K extends 'subject' | 'actor' ? string | null : string;
};
const present = (row: Row): Activity => ({ ...row, at: row.at.toISOString() }) as Activity;

const keys = { at: activity.at, id: activity.id };

const select = (db: Db) => db.select(columns).from(activity).innerJoin(nodes, eq(nodes.id, activity.nodeId));

/** Those of the entries that are still there, oldest first. */
export const listActivityById = async (db: Db, ids: readonly string[]): Promise<Activity[]> => {
  const rows = await select(db)
    .where(inArray(activity.id, [...ids]))
    .orderBy(asc(activity.at), asc(activity.id));
  return rows.map(present);
};

export const listRecentActivity = async (db: Db, limit: number): Promise<Activity[]> =>
  (
    await select(db)
      .orderBy(...newestFirst(keys))
      .limit(limit)
  ).map(present);

/** @throws AppError `bad_request` for a cursor that is none */
export const listActivityPage = async (
  db: Db,
  { nodeId, cursor, limit }: { nodeId: NodeId; cursor?: string | undefined; limit: number },
): Promise<{ items: Activity[]; nextCursor: string | null }> => {
  const rows = await select(db)
    .where(and(eq(activity.nodeId, nodeId), beforeCursor(keys, cursor)))
    .orderBy(...newestFirst(keys))
    .limit(limit + 1);
  return pageOf(rows.map(present), limit, (item) => item);
};

const trim = async (db: Db, nodeIds: readonly NodeId[]): Promise<void> => {
  await db.execute(sql`
    DELETE FROM activity USING (
      SELECT nodes.id AS node_id, (
        SELECT at FROM activity WHERE node_id = nodes.id ORDER BY at DESC OFFSET ${MAX_PER_NODE - 1} LIMIT 1
      ) AS kept_from
      FROM nodes WHERE ${inArray(nodes.id, [...nodeIds])}
    ) AS kept
    WHERE activity.node_id = kept.node_id AND activity.at < kept.kept_from`);
};

export type NodeActivity = ActivityEntry & { nodeId: NodeId };
export type RecordActivity = (nodeId: NodeId, entry: ActivityEntry) => Promise<void>;
export type RecordActivities = (entries: readonly NodeActivity[]) => Promise<void>;

/** One statement for all; what is told of a node that was removed meanwhile is let go with it. */
const insert = async (db: Db, at: Date, entries: readonly NodeActivity[]): Promise<string[]> => {
  const rows = entries.map(({ nodeId, kind, subject, actor, text }) => ({
    ...{ id: newId<string>(at), node_id: nodeId, kind, actor },
    subject: subject?.slice(0, MAX_SUBJECT_CHARS).toWellFormed().replaceAll('\0', '\u2400') ?? null,
    text: text.slice(0, MAX_TEXT_CHARS).toWellFormed().replaceAll('\0', '\u2400'),
  }));
  const inserted = await db.execute<{ id: string }>(sql`
    INSERT INTO activity (id, node_id, at, kind, subject, actor, text)
    SELECT told.id, told.node_id, ${at.toISOString()}::timestamptz, told.kind, told.subject, told.actor, told.text
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS told (id uuid, node_id uuid, kind text, subject text, actor text, text text)
    JOIN nodes ON nodes.id = told.node_id
    FOR KEY SHARE OF nodes
    RETURNING id`);
  return inserted.rows.map(({ id }) => id);
};

/** Adds entries and makes them known. Now and then the oldest of a node beyond 10,000 go. */
export const createRecordActivities = (deps: { db: Db; clock: Clock; bus: Pick<Bus, 'publish'> }): RecordActivities => {
  const { db, clock, bus } = deps;
  const recorded = new Map<NodeId, number>();
  return async (entries) => {
    if (entries.length === 0) return;
    for (const id of await insert(db, clock.now(), entries)) bus.publish('activity.added', { id });
    const due: NodeId[] = [];
    for (const { nodeId } of entries) {
      const count = recorded.get(nodeId) ?? 0;
      recorded.set(nodeId, (count + 1) % TRIM_EVERY);
      if (count === 0) due.push(nodeId);
    }
    if (due.length > 0) await trim(db, due);
  };
};
