import type { SessionId, UserId } from '@serverbox/contract/ids';
import type { Preferences } from '@serverbox/contract/preferences';
import { and, desc, eq, gt, isNull, ne, sql } from 'drizzle-orm';
import type { Db } from '../../lib/db/orm.ts';
import { sessions } from '../../schema/sessions.ts';
import { users } from '../../schema/users.ts';
import { REFRESH_SECONDS } from './tokens.ts';

export type UserRow = typeof users.$inferSelect;
export type SessionRow = typeof sessions.$inferSelect;

/** The database's clock decides what has expired, so that all cores agree. */
const isLive = () => and(isNull(sessions.revokedAt), gt(sessions.expiresAt, sql`now()`));
const nextExpiry = sql`now() + make_interval(secs => ${REFRESH_SECONDS})`;

export const findUserByEmail = async (db: Db, email: string): Promise<UserRow | undefined> => {
  const [row] = await db.select().from(users).where(eq(users.email, email));
  return row;
};

export const findUser = async (db: Db, id: UserId): Promise<UserRow | undefined> => {
  const [row] = await db.select().from(users).where(eq(users.id, id));
  return row;
};

/** A live session with its active user, in one query: this runs for every request. */
export const findLiveSession = async (
  db: Db,
  id: SessionId,
): Promise<{ session: SessionRow; user: UserRow } | undefined> => {
  const [row] = await db
    .select({ session: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, id), isLive(), eq(users.isActive, true)));
  return row;
};

export const insertSession = async (
  db: Db,
  session: { id: SessionId; userId: UserId; userAgent: string; ip: string },
): Promise<void> => {
  await db.insert(sessions).values({ ...session, expiresAt: nextExpiry });
};

/** Locks the session's row until the transaction ends: of parallel refreshes each sees the result of the one before. */
export const lockSession = async (tx: Db, id: SessionId): Promise<SessionRow | undefined> => {
  const [row] = await tx
    .select()
    .from(sessions)
    .where(and(eq(sessions.id, id), isLive()))
    .for('update');
  return row;
};

export const rotateSession = async (tx: Db, id: SessionId, generation: number, ip: string): Promise<void> => {
  await tx
    .update(sessions)
    .set({ generation, rotatedAt: sql`now()`, lastUsedAt: sql`now()`, expiresAt: nextExpiry, ip })
    .where(eq(sessions.id, id));
};

export const listLiveSessions = (db: Db, userId: UserId): Promise<SessionRow[]> =>
  db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, userId), isLive()))
    .orderBy(desc(sessions.lastUsedAt))
    .limit(200);

export type RevokeWhich = { sessionId: SessionId } | { allExcept: SessionId };

/** Ends sessions of one user; returns the ids of those that were live. */
export const revokeSessions = async (
  db: Db,
  userId: UserId,
  which: RevokeWhich,
  reason: string,
): Promise<SessionId[]> => {
  const matching = 'sessionId' in which ? eq(sessions.id, which.sessionId) : ne(sessions.id, which.allExcept);
  const rows = await db
    .update(sessions)
    .set({ revokedAt: sql`now()`, revokedReason: reason })
    .where(and(eq(sessions.userId, userId), matching, isLive()))
    .returning({ id: sessions.id });
  return rows.map(({ id }) => id as SessionId);
};

export const insertUser = async (db: Db, user: typeof users.$inferInsert): Promise<void> => {
  await db.insert(users).values(user);
};

export const setPasswordHash = async (db: Db, id: UserId, passwordHash: string): Promise<void> => {
  await db.update(users).set({ passwordHash, passwordChangedAt: sql`now()` }).where(eq(users.id, id));
};

export const setPreferences = async (db: Db, id: UserId, preferences: Preferences): Promise<void> => {
  await db.update(users).set({ preferences }).where(eq(users.id, id));
};

/** Age of an instant by the database's clock. */
export const millisecondsSince = async (db: Db, at: Date): Promise<number> => {
  const { rows } = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from now() - ${at.toISOString()}::timestamptz) * 1000)::float8 as ms`,
  );
  return rows[0]?.ms ?? Number.POSITIVE_INFINITY;
};
