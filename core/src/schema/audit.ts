/**
 * The audit trail. Rows are chained: `hash` covers `canonical` and `prevHash`. Migration `0001_guards` refuses every
 * change of a row whoever asks, and the role that the core works with has no right to change one.
 */
import { sql } from 'drizzle-orm';
import { bigint, check, index, jsonb, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns.ts';

export const auditEvents = pgTable(
  'audit_events',
  {
    /** Without gaps, from 1: a missing number is a missing row. */
    seq: bigint({ mode: 'number' }).primaryKey(),
    at: instant('at').notNull(),
    phase: text().$type<'intent' | 'outcome'>().notNull(),
    correlationId: uuid('correlation_id').notNull(),
    action: text().notNull(),
    actor: text().notNull(),
    sessionId: uuid('session_id'),
    ip: text(),
    target: text(),
    outcome: text().$type<'ok' | 'failed' | 'denied'>(),
    details: jsonb().$type<Record<string, unknown>>().notNull(),
    /** The exact text that was hashed: jsonb does not keep the order of keys. */
    canonical: text().notNull(),
    prevHash: bytea('prev_hash').notNull(),
    hash: bytea().notNull(),
  },
  (table) => [
    index('audit_events_correlation_id_index').on(table.correlationId),
    index('audit_events_at_index').on(table.at),
    index('audit_events_action_seq_index').on(table.action, table.seq),
  ],
);

/** The last link of the chain: one row, locked by whoever appends. */
export const auditHead = pgTable(
  'audit_head',
  {
    id: smallint().primaryKey().default(1),
    seq: bigint({ mode: 'number' }).notNull(),
    hash: bytea().notNull(),
  },
  (table) => [check('audit_head_single_row', sql`${table.id} = 1`)],
);
