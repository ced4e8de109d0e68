/** Tokens of the push script: each reports for one node and opens nothing else. */
import type { NodeId } from '@serverbox/contract/ids';
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import { equalBytes, mintToken, parseToken } from '../../lib/crypto/tokens.ts';
import type { Database } from '../../lib/db/database.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError } from '../../lib/errors.ts';
import type { Limit } from '../../lib/limits.ts';
import { Secret } from '../../lib/log.ts';
import { nodeCredentials, nodes } from '../../schema/nodes.ts';

/** So long a replaced token still holds: time to put the new one on the machine. */
const OVERLAP_MINUTES = 10;

const isPush = eq(nodeCredentials.kind, 'push');
/** By the database's clock. A replaced token is revoked from a moment that is still to come. */
const holds = or(isNull(nodeCredentials.revokedAt), gt(nodeCredentials.revokedAt, sql`now()`));

export interface PushCredentials {
  /** A new token, shown once; older ones of the node hold for ten more minutes. */
  mint(nodeId: NodeId): Promise<Secret>;
  /** @throws AppError `push_disabled` when there is no token at all | `unauthenticated` | `rate_limited` */
  authenticate(authorization: string | undefined, ip: string): Promise<{ node: { id: NodeId; name: string } }>;
  /** Ends every token of the node at once. Returns how many held until now. */
  revoke(nodeId: NodeId): Promise<number>;
}

const findHolder = async (db: Db, bearer: string) => {
  const token = parseToken('sbn_', bearer);
  if (token === undefined) return undefined;
  const [row] = await db
    .select({ secretHash: nodeCredentials.secretHash, nodeId: nodes.id, name: nodes.name })
    .from(nodeCredentials)
    .innerJoin(nodes, eq(nodes.id, nodeCredentials.nodeId))
    .where(and(eq(nodeCredentials.id, token.id), isPush, holds));
  if (row === undefined || !equalBytes(row.secretHash, token.secretHash)) return undefined;
  await db.update(nodeCredentials).set({ lastUsedAt: sql`now()` }).where(eq(nodeCredentials.id, token.id));
  return { node: { id: row.nodeId as NodeId, name: row.name } };
};

/** @throws AppError `push_disabled` */
const assertEnabled = async (db: Db): Promise<void> => {
  if ((await db.$count(nodeCredentials, and(isPush, holds))) > 0) return;
  throw new AppError('push_disabled', 'No machine reports by the push script here. Add one in Server Box first.');
};

export const createPushCredentials = ({
  database,
  failures,
}: {
  database: Database;
  failures: Limit;
}): PushCredentials => {
  const { db } = database;
  return {
    mint: async (nodeId) => {
      const { id, token, secretHash } = mintToken('sbn_');
      await database.transaction(async (tx) => {
        await tx
          .update(nodeCredentials)
          .set({ revokedAt: sql`now() + make_interval(mins => ${OVERLAP_MINUTES})` })
          .where(and(eq(nodeCredentials.nodeId, nodeId), isPush, isNull(nodeCredentials.revokedAt)));
        await tx.insert(nodeCredentials).values({ id, nodeId, kind: 'push', secretHash });
      });
      return new Secret(token);
    },
    authenticate: async (authorization, ip) => {
      const bearer = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
      const found = await findHolder(db, bearer);
      if (found !== undefined) return found;
      await failures.take(ip);
      await assertEnabled(db);
      throw new AppError('unauthenticated', 'The token does not hold: it is unknown or was revoked.');
    },
    revoke: async (nodeId) => {
      const rows = await db
        .update(nodeCredentials)
        .set({ revokedAt: sql`now()` })
        .where(and(eq(nodeCredentials.nodeId, nodeId), isPush, holds))
        .returning({ id: nodeCredentials.id });
      return rows.length;
    },
  };
};
