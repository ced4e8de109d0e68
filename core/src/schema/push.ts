import type { PushReport } from '@serverbox/contract/push';
import { jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { nodes } from './nodes.ts';

/** The newest report of each push node. `received_at` is the core's clock and alone decides what is stale. */
export const pushReports = pgTable('push_reports', {
  nodeId: uuid('node_id')
    .primaryKey()
    .references(() => nodes.id, { onDelete: 'cascade' }),
  hostId: text('host_id').notNull().unique('push_reports_host_id_unique'),
  report: jsonb().$type<PushReport>(),
  reportedAt: instant('reported_at'),
  receivedAt: instant('received_at'),
});
