/**
 * Appends to the audit trail. One writer a process gathers what is waiting and commits it as one group: it locks the head row,
 * chains the events, inserts them and moves the head. The lock makes the chain one line even with several cores; the group
 * makes it cheap (one commit for all that arrived while the last one ran).
 */

import { eq, sql } from 'drizzle-orm';
import type { Clock } from '../../lib/clock.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError } from '../../lib/errors.ts';
import type { AuditIntent, AuditOutcome } from '../../middleware/ports.ts';
import { auditEvents, auditHead } from '../../schema/audit.ts';
import type { Json } from './canonical.ts';
import { bounded, canonicalJson, chainHash, GENESIS_HASH } from './canonical.ts';

export interface NewAuditEvent extends AuditIntent {
  phase: 'intent' | 'outcome';
  correlationId: string;
  outcome: AuditOutcome | null;
}

export interface AuditWriter {
  /**
   * Resolves when the event is committed.
   * @throws AppError `audit_unavailable` for an intent, `outcome_unrecorded` for an outcome: then it is not in the trail
   */
  append(event: NewAuditEvent): Promise<void>;
}

const MAX_GROUP = 500;
/** Past this many waiting events new ones are refused at once: memory stays bounded while the database is away. */
const MAX_WAITING = 10_000;

interface Waiting {
  event: NewAuditEvent;
  done: () => void;
  failed: (error: unknown) => void;
}
type Row = typeof auditEvents.$inferInsert;

const NO_INTENT = 'The audit trail cannot be written, so nothing was done.';
/** The effect is behind us: its intent stands in the trail, and who reads that sees an outcome that is not known. */
const NO_OUTCOME: Record<AuditOutcome, string> = {
  ok: 'This was done, but the audit trail could not be written: it shows the outcome as unknown.',
  failed: 'This did not succeed, and the audit trail could not be written: it shows the outcome as unknown.',
  denied: 'This was refused, and the audit trail could not be written: it shows the outcome as unknown.',
};

const unavailable = ({ outcome }: NewAuditEvent, cause?: unknown) =>
  outcome === null
    ? new AppError('audit_unavailable', NO_INTENT, { cause, retryAfterSeconds: 5 })
    : // Without a time to try again: done a second time is not what was asked for.
      new AppError('outcome_unrecorded', NO_OUTCOME[outcome], { cause });

/** Chains one event to `previous`. `at` is the core's clock when the event was written. */
const chainEvent = (key: Buffer, previous: { seq: number; hash: Buffer }, event: NewAuditEvent, at: Date): Row => {
  const seq = previous.seq + 1;
  const fields = { ...event, details: bounded(event.details) as Record<string, Json>, seq, at };
  const canonical = canonicalJson(bounded(fields));
  return { ...fields, canonical, prevHash: previous.hash, hash: chainHash(key, previous.hash, canonical) };
};

const commitGroup = (db: Db, key: Buffer, clock: Clock, events: readonly NewAuditEvent[]): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`set local lock_timeout = '5s'`);
    const [head] = await tx.select().from(auditHead).where(eq(auditHead.id, 1)).for('update');
    if (head === undefined) throw new Error('the audit head is missing');
    const rows: Row[] = [];
    let last = { seq: head.seq, hash: head.hash };
    for (const event of events) {
      const row = chainEvent(key, last, event, clock.now());
      rows.push(row);
      last = row;
    }
    await tx.insert(auditEvents).values(rows);
    await tx.update(auditHead).set({ seq: last.seq, hash: last.hash }).where(eq(auditHead.id, 1));
  });

/** Makes the head of an empty trail. Safe to call at every start and from several cores. */
export const ensureAuditHead = async (db: Db): Promise<void> => {
  await db.insert(auditHead).values({ id: 1, seq: 0, hash: GENESIS_HASH }).onConflictDoNothing();
};

/** @param key 32 bytes, used for the chain alone; whoever lacks it cannot forge a link */
export const createAuditWriter = (db: Db, key: Buffer, clock: Clock): AuditWriter => {
  const waiting: Waiting[] = [];
  let isRunning = false;

  const drain = async () => {
    while (waiting.length > 0) {
      const group = waiting.splice(0, MAX_GROUP);
      try {
        await commitGroup(
          db,
          key,
          clock,
          group.map(({ event }) => event),
        );
        for (const { done } of group) done();
      } catch (cause) {
        for (const { event, failed } of group) failed(unavailable(event, cause));
      }
    }
    isRunning = false;
  };

  return {
    append: (event) => {
      if (waiting.length >= MAX_WAITING) return Promise.reject(unavailable(event));
      return new Promise((done, failed) => {
        waiting.push({ event, done, failed });
        if (isRunning) return;
        isRunning = true;
        // After this turn of the loop, so that calls of the same turn share one commit.
        setImmediate(() => void drain());
      });
    },
  };
};
