/** The story of each node: bounded, newest first. */
import type { NodeId } from '@serverbox/contract/ids';
import type { ACTIVITY_KINDS, Activity } from '@serverbox/contract/nodes';
import type { SQL } from 'drizzle-orm';
import { and, desc, eq, lt, or, sql } from 'drizzle-orm';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
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

/** Where a page ended: the instant and the id of its last row. */
const writeCursor = ({ at, id }: Activity): string => Buffer.from(`${at} ${id}`).toString('base64url');
const parseCursor = (cursor: string): { at: Date; id: string } => {
  const [, at, id] = /^(\S{24}) ([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const atMs = Date.parse(at ?? '');
  if (id === undefined || Number.isNaN(atMs))
    throw new AppError('bad_request', 'cursor: is not one that this list gave out');
  return { at: new Date(atMs), id };
};
const before = (cursor: string): SQL | undefined => {
  const { at, id } = parseCursor(cursor);
  return or(lt(activity.at, at), and(eq(activity.at, at), lt(activity.id, id)));
};

const select = (db: Db) => db.select(columns).from(activity).innerJoin(nodes, eq(nodes.id, activity.nodeId));
const newestFirst = [desc(activity.at), desc(activity.id)];

export const findActivity = async (db: Db, id: string): Promise<Activity | undefined> => {
  const [row] = await select(db).where(eq(activity.id, id));
  return row === undefined ? undefined : present(row);
};

export const listRecentActivity = async (db: Db, limit: number): Promise<Activity[]> =>
  (
    await select(db)
      .orderBy(...newestFirst)
      .limit(limit)
  ).map(present);

/** @throws AppError `bad_request` for a cursor that is none */
export const listActivityPage = async (
  db: Db,
  { nodeId, cursor, limit }: { nodeId: NodeId; cursor?: string | undefined; limit: number },
): Promise<{ items: Activity[]; nextCursor: string | null }> => {
  const where = and(eq(activity.nodeId, nodeId), cursor === undefined ? undefined : before(cursor));
  const rows = await select(db)
    .where(where)
    .orderBy(...newestFirst)
    .limit(limit + 1);
  const items = rows.slice(0, limit).map(present);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? writeCursor(last) : null };
};

const trim = (db: Db, nodeId: NodeId) =>
  db
    .delete(activity)
    .where(
      and(
        eq(activity.nodeId, nodeId),
        lt(
          activity.at,
          sql`(SELECT at FROM activity WHERE node_id = ${nodeId} ORDER BY at DESC OFFSET ${MAX_PER_NODE - 1} LIMIT 1)`,
        ),
      ),
    );

/** Adds an entry and makes it known. Now and then the oldest of the node beyond 10,000 go. */
export const createRecordActivity = (deps: { db: Db; clock: Clock; bus: Pick<Bus, 'publish'> }) => {
  const { db, clock, bus } = deps;
  const recorded = new Map<NodeId, number>();
  return async (nodeId: NodeId, { kind, subject, actor, text }: ActivityEntry): Promise<void> => {
    const at = clock.now();
    const id = newId<string>(at);
    const cut = { subject: subject?.slice(0, MAX_SUBJECT_CHARS) ?? null, text: text.slice(0, MAX_TEXT_CHARS) };
    await db.insert(activity).values({ id, nodeId, at, kind, actor, ...cut });
    bus.publish('activity.added', { id });
    const count = recorded.get(nodeId) ?? 0;
    recorded.set(nodeId, (count + 1) % TRIM_EVERY);
    if (count === 0) await trim(db, nodeId);
  };
};
