import { bigint, integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { nodes } from './nodes.ts';

/**
 * Who is measured: the host itself (`key` is empty) or one of its containers (`key` is the first 12 hex digits of its id).
 * The measurements stand in the rings `metric_hot`, `metric_raw`, `metric_1m` and `metric_10m`, partitioned tables which
 * the migration `metric_rings` creates by hand: the query builder has no words for partitions.
 */
export const metricSeries = pgTable(
  'metric_series',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    nodeId: uuid('node_id')
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    kind: text({ enum: ['host', 'container'] }).notNull(),
    key: text().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [unique('metric_series_node_id_kind_key_unique').on(table.nodeId, table.kind, table.key)],
);

/** How far each spool of each agent is committed: written in the transaction of the samples, so that no resend counts twice. */
export const metricMarks = pgTable(
  'metric_marks',
  {
    nodeId: uuid('node_id')
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    epoch: text().notNull(),
    lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
    /** Time of the newest sample, by the core's clock; null until the first one. */
    lastAt: instant('last_at'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.nodeId, table.epoch] })],
);

/**
 * Hours that have to be rolled up, again if late samples came. Append-only marks without a unique key: writers never wait
 * for the roll-up, which deletes exactly the marks that it saw before it read the samples.
 */
export const metricDirty = pgTable('metric_dirty', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  seriesId: integer('series_id').notNull(),
  hour: instant('hour').notNull(),
});
