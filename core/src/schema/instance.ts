import { sql } from 'drizzle-orm';
import { check, pgTable, smallint } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns.ts';

/** This installation: one row. It exists once the first start is complete. */
export const instance = pgTable(
  'instance',
  {
    id: smallint().primaryKey().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** A known text sealed with the master key: a start with another key is refused before anything is written. */
    keyCheck: bytea('key_check').notNull(),
    setupCodeHash: bytea('setup_code_hash'),
    setupDoneAt: instant('setup_done_at'),
  },
  (table) => [check('instance_single_row', sql`${table.id} = 1`)],
);
