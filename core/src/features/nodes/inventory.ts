/** What a machine was before: one row for each fact that changed, bounded per node, newest first. */
import type { NodeId } from '@serverbox/contract/ids';
import type { InventoryInput, InventoryPage } from '@serverbox/contract/organise';
import { and, eq, lt, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Db } from '../../lib/db/orm.ts';
import { newId } from '../../lib/ids.ts';
import { beforeCursor, newestFirst, pageOf } from '../../lib/time-cursor.ts';
import { inventoryChanges } from '../../schema/organise.ts';
import type { FactChange } from './facts.ts';
import { factLabel } from './facts.ts';

const MAX_PER_NODE = 1000;
const keys = { at: inventoryChanges.at, id: inventoryChanges.id };

/** Part of the transaction that stores the facts themselves. */
export const saveChanges = async (tx: Db, nodeId: NodeId, changes: readonly FactChange[], at: Date): Promise<void> => {
  if (changes.length === 0) return;
  await tx.insert(inventoryChanges).values(changes.map((change) => ({ id: newId<string>(at), nodeId, at, ...change })));
  const newestToGo = sql`(SELECT at FROM inventory_changes WHERE node_id = ${nodeId} ORDER BY at DESC OFFSET ${MAX_PER_NODE - 1} LIMIT 1)`;
  await tx
    .delete(inventoryChanges)
    .where(and(eq(inventoryChanges.nodeId, nodeId), lt(inventoryChanges.at, newestToGo)));
};

/** @throws AppError `bad_request` for a cursor that is none */
export const listInventoryPage = async (
  db: Db,
  { nodeId, cursor, limit }: z.infer<typeof InventoryInput>,
): Promise<z.infer<typeof InventoryPage>> => {
  const rows = await db
    .select()
    .from(inventoryChanges)
    .where(and(eq(inventoryChanges.nodeId, nodeId), beforeCursor(keys, cursor)))
    .orderBy(...newestFirst(keys))
    .limit(limit + 1);
  const page = pageOf(rows, limit, ({ at, id }) => ({ at: at.toISOString(), id }));
  return {
    ...page,
    items: page.items.map(({ at, field, before, after }) => ({
      at: at.toISOString(),
      field,
      label: factLabel(field),
      before,
      after,
    })),
  };
};
