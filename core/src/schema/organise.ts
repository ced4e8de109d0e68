import { index, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { nodes } from './nodes.ts';
import { users } from './users.ts';

/** A group is a rule over tags; who belongs to it is computed. */
export const nodeGroups = pgTable('node_groups', {
  id: uuid().primaryKey(),
  name: text().notNull().unique('node_groups_name_unique'),
  rule: jsonb().$type<{ match: 'all' | 'any'; tags: string[] }>().notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
});

export const nodeFavourites = pgTable(
  'node_favourites',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    nodeId: uuid('node_id')
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.userId, table.nodeId] })],
);

/** What a machine was before: one row for each fact that changed. */
export const inventoryChanges = pgTable(
  'inventory_changes',
  {
    id: uuid().primaryKey(),
    nodeId: uuid('node_id')
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    at: instant('at').notNull().defaultNow(),
    field: text().notNull(),
    before: text(),
    after: text(),
  },
  (table) => [index('inventory_changes_node_id_at_index').on(table.nodeId, table.at)],
);
