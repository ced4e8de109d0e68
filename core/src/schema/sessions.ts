import { index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { users } from './users.ts';

/** A signed-in browser or tool: the family of all refresh tokens that descend from one login. */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid().primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: instant('created_at').notNull().defaultNow(),
    lastUsedAt: instant('last_used_at').notNull().defaultNow(),
    expiresAt: instant('expires_at').notNull(),
    revokedAt: instant('revoked_at'),
    revokedReason: text('revoked_reason'),
    userAgent: text('user_agent').notNull(),
    ip: text().notNull(),
    /**
     * Which refresh token of the family works now. The tokens are derived (HMAC of session and generation under a key that
     * is not in the database), so not even their hashes are stored; a lower generation that comes back is a reuse.
     */
    generation: integer().notNull().default(1),
    rotatedAt: instant('rotated_at').notNull().defaultNow(),
  },
  (table) => [index('sessions_user_id_index').on(table.userId), index('sessions_expires_at_index').on(table.expiresAt)],
);
