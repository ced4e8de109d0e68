import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { nodes } from './nodes.ts';

/** The story of a node as people would tell it. The audit trail is the proof. */
export const activity = pgTable(
  'activity',
  {
    id: uuid().primaryKey(),
    nodeId: uuid('node_id')
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    at: instant('at').notNull().defaultNow(),
    kind: text().notNull(),
    subject: text(),
    actor: text(),
    text: text().notNull(),
  },
  // Read newest first by scanning backwards. An index declared DESC NULLS LAST would not serve ORDER BY … DESC.
  (table) => [index('activity_node_id_at_index').on(table.nodeId, table.at), index('activity_at_index').on(table.at)],
);
