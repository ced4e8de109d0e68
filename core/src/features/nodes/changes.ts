/** What people change about nodes: names, tags, notes, and whether there is such a node at all. */
import type { NodeId } from '@serverbox/contract/ids';
import type { UpdateNodeInput } from '@serverbox/contract/nodes';
import type { BulkResult, TagNodesInput } from '@serverbox/contract/organise';
import { MAX_TAGS } from '@serverbox/contract/tags';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import { isUniqueViolation } from '../../lib/db/database-errors.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import type { ActivityEntry, RecordActivities } from './activity.ts';
import type { LockedNode, NodeRow } from './queries.ts';
import { deleteNode, insertNodeRow, listNodesBehind, lockNodeRows, saveNode, saveTags } from './queries.ts';

export type NodeUpdate = z.infer<typeof UpdateNodeInput>;
export type TagChange = Pick<z.infer<typeof TagNodesInput>, 'nodeIds' | 'add' | 'remove'>;

interface ChangeDeps {
  database: Database;
  clock: Clock;
  bus: Pick<Bus, 'publish'>;
  recordActivities: RecordActivities;
  /** Ends what is open to a node that was removed: links here at once, on other cores within seconds. */
  detach(nodeId: NodeId): Promise<void>;
  /** Whether this installation keeps the machine that it runs on as a node. */
  keepsLocalNode: boolean;
}

const nameTaken = (cause?: unknown) => new AppError('conflict', 'Another node has this name.', { cause });

const tagText = (before: readonly string[], after: readonly string[]): string =>
  [
    ['Tagged', after.filter((tag) => !before.includes(tag))] as const,
    ['untagged', before.filter((tag) => !after.includes(tag))] as const,
  ]
    .flatMap(([verb, tags]) => (tags.length === 0 ? [] : [`${verb} ${tags.join(', ')}`]))
    .join('; ')
    .replace(/^u/, 'U');

const isSame = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((tag, index) => tag === right[index]);

const noteText = (before: string, after: string): string =>
  before === '' ? 'A note was written' : after === '' ? 'The note was removed' : 'The note was changed';

/** The story of an update: nothing where nothing changed. */
const tellUpdate = (before: LockedNode, { name, tags, note }: NodeUpdate, actor: string): ActivityEntry[] => {
  const told: Pick<ActivityEntry, 'kind' | 'text'>[] = [];
  if (name !== undefined && name !== before.name)
    told.push({ kind: 'node.renamed', text: `Renamed from ${before.name} to ${name}` });
  if (tags !== undefined && !isSame(before.tags, tags))
    told.push({ kind: 'node.tagged', text: tagText(before.tags, tags) });
  if (note !== undefined && note !== before.note) told.push({ kind: 'node.noted', text: noteText(before.note, note) });
  return told.map((entry) => ({ ...entry, subject: null, actor }));
};

/** A node's tags after a change. @throws AppError `conflict` when they become too many */
const retag = (tags: readonly string[], { add, remove }: TagChange): string[] => {
  const after = [...new Set([...tags, ...add])].filter((tag) => !remove.includes(tag)).sort();
  if (after.length > MAX_TAGS) throw new AppError('conflict', `A node has at most ${MAX_TAGS} tags.`);
  return after;
};

type BulkItem = z.infer<typeof BulkResult>['items'][number];
interface Tagged {
  before: LockedNode;
  tags: string[];
}

/** What becomes of each node: its new tags, or why not. Pure. */
const planTags = (rows: ReadonlyMap<NodeId, LockedNode>, change: TagChange) => {
  const tagged: Tagged[] = [];
  const items = [...new Set(change.nodeIds)].map((nodeId): BulkItem => {
    const before = rows.get(nodeId);
    if (before === undefined) return { nodeId, ok: false, message: 'The node was not found.' };
    try {
      const tags = retag(before.tags, change);
      if (!isSame(before.tags, tags)) tagged.push({ before, tags });
      return { nodeId, ok: true, message: null };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { nodeId, ok: false, message: error.message };
    }
  });
  return { tagged, items };
};

export const createChanges = (deps: ChangeDeps) => {
  const { database, clock, bus, recordActivities } = deps;

  const assertRemovable = async ({ id, isLocal }: NodeRow): Promise<void> => {
    if (isLocal && deps.keepsLocalNode)
      throw new AppError(
        'conflict',
        'Server Box runs on this machine and would add it again. Start it with SERVERBOX_LOCAL_NODE=off first.',
      );
    const behind = await listNodesBehind(database.db, id);
    if (behind.length > 0)
      throw new AppError(
        'conflict',
        `This node is the way to others: ${behind.slice(0, 5).join(', ')}. Change theirs first.`,
      );
  };

  return {
    create: async (name: string): Promise<NodeId> => {
      const createdAt = clock.now();
      const id = newId<NodeId>(createdAt);
      if (!(await insertNodeRow(database.db, { id, name, createdAt }))) throw nameTaken();
      bus.publish('node.changed', { nodeId: id });
      return id;
    },

    update: async (update: NodeUpdate, actor: string): Promise<void> => {
      const { nodeId, name, tags, note } = update;
      const told = await database
        .transaction(async (tx) => {
          const [before] = await lockNodeRows(tx, [nodeId]);
          if (before === undefined) throw notFound('The node');
          const entries = tellUpdate(before, update, actor);
          const wanted = {
            ...(name !== undefined && { name }),
            ...(tags && { tags }),
            ...(note !== undefined && { note }),
          };
          if (entries.length > 0) await saveNode(tx, nodeId, wanted);
          return entries;
        })
        .catch((error: unknown) => {
          throw isUniqueViolation(error, 'nodes_name_unique') ? nameTaken(error) : error;
        });
      await recordActivities(told.map((entry) => ({ nodeId, ...entry })));
      if (told.length > 0) bus.publish('node.changed', { nodeId });
    },

    tagMany: async (change: TagChange, actor: string): Promise<{ items: BulkItem[] }> => {
      const { tagged, items } = await database.transaction(async (tx) => {
        const rows = await lockNodeRows(tx, change.nodeIds);
        const plan = planTags(new Map(rows.map((row) => [row.id, row])), change);
        if (plan.tagged.length > 0)
          await saveTags(
            tx,
            plan.tagged.map(({ before, tags }) => ({ id: before.id, tags })),
          );
        return plan;
      });
      await recordActivities(
        tagged.map(({ before, tags }) => ({
          ...{ nodeId: before.id, kind: 'node.tagged', subject: null, actor },
          text: tagText(before.tags, tags),
        })),
      );
      for (const { before } of tagged) bus.publish('node.changed', { nodeId: before.id });
      return { items };
    },

    remove: async (row: NodeRow): Promise<void> => {
      await assertRemovable(row);
      // First the row, and with it every credential: nothing can come back while its links are being closed.
      await database.transaction((tx) => deleteNode(tx, row.id));
      await deps.detach(row.id);
      bus.publish('node.changed', { nodeId: row.id });
    },
  };
};
