import { pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns.ts';

/** Secrets that the core must be able to read again: sealed envelopes, bound to their row and column. */
export const secrets = pgTable(
  'secrets',
  {
    id: uuid().primaryKey(),
    /** What it is for, e.g. `ssh_client_key`. */
    purpose: text().notNull(),
    /** The row it belongs to, or '' where the purpose has only one secret. */
    rowRef: text('row_ref').notNull().default(''),
    sealed: bytea().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [unique('secrets_purpose_row_ref_unique').on(table.purpose, table.rowRef)],
);
