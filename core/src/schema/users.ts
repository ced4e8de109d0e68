import type { Preferences } from '@serverbox/contract/preferences';
import { sql } from 'drizzle-orm';
import { boolean, check, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

export const users = pgTable(
  'users',
  {
    id: uuid().primaryKey(),
    email: text().notNull().unique('users_email_unique'),
    passwordHash: text('password_hash').notNull(),
    role: text().notNull(),
    preferences: jsonb().$type<Preferences>().notNull(),
    isActive: boolean('is_active').notNull().default(true),
    createdAt: instant('created_at').notNull().defaultNow(),
    passwordChangedAt: instant('password_changed_at').notNull().defaultNow(),
  },
  // Two spellings of one address must never be two accounts.
  (table) => [check('users_email_lower_case', sql`${table.email} = lower(${table.email})`)],
);
