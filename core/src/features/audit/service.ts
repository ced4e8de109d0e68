import { randomUUID } from 'node:crypto';
import type { AuditEvent, AuditInput, AuditPage } from '@serverbox/contract/audit';
import { and, desc, eq, lt } from 'drizzle-orm';
import type { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Db } from '../../lib/db/orm.ts';
import type { AuditTrail } from '../../middleware/ports.ts';
import { auditEvents } from '../../schema/audit.ts';
import { createAuditWriter } from './writer.ts';

export interface Audit extends AuditTrail {
  /** Newest first; the cursor is the last sequence number of the page. */
  list(input: z.infer<typeof AuditInput>): Promise<z.infer<typeof AuditPage>>;
}

type Row = typeof auditEvents.$inferSelect;
const present = (row: Row): AuditEvent => ({
  seq: row.seq,
  at: row.at.toISOString(),
  phase: row.phase,
  correlationId: row.correlationId,
  action: row.action,
  actor: row.actor,
  sessionId: row.sessionId,
  ip: row.ip,
  target: row.target,
  outcome: row.outcome,
  details: row.details,
});

/** The audit trail: an intent before each effect, an outcome after it, chained and append-only. */
export const createAudit = (deps: { db: Db; key: Buffer; clock: Clock }): Audit => {
  const { db } = deps;
  const writer = createAuditWriter(db, deps.key, deps.clock);
  return {
    intend: async (intent) => {
      const correlationId = randomUUID();
      await writer.append({ ...intent, phase: 'intent', correlationId, outcome: null });
      return correlationId;
    },
    conclude: (correlationId, intent, outcome, details) =>
      writer.append({ ...intent, details, phase: 'outcome', correlationId, outcome }),
    list: async ({ cursor, limit, action }) => {
      const before = cursor === undefined ? undefined : lt(auditEvents.seq, Number(cursor));
      const matching = action === undefined ? undefined : eq(auditEvents.action, action);
      const rows = await db
        .select()
        .from(auditEvents)
        .where(and(before, matching))
        .orderBy(desc(auditEvents.seq))
        .limit(limit + 1);
      const items = rows.slice(0, limit).map(present);
      return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.seq) : null };
    },
  };
};
