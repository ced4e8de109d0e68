import { asc, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { openDatabase } from '../../lib/db/database.ts';
import { withTestDatabase } from '../../lib/db/testing.ts';
import { silentLog } from '../../lib/log.ts';
import type { AuditIntent } from '../../middleware/ports.ts';
import { auditEvents, auditHead } from '../../schema/audit.ts';
import { chainHash, GENESIS_HASH } from './canonical.ts';
import type { Audit } from './service.ts';
import { createAudit } from './service.ts';
import { ensureAuditHead } from './writer.ts';

const key = Buffer.alloc(32, 3);
let database: Awaited<ReturnType<typeof withTestDatabase>>;
let audit: Audit;
beforeEach(async () => {
  database = await withTestDatabase();
  await ensureAuditHead(database.database.db);
  audit = createAudit({ db: database.database.db, key, clock: systemClock });
});
afterEach(() => database.close());

const anIntent = (details: Record<string, unknown> = {}): AuditIntent => ({
  action: 'test.act',
  actor: 'user:1',
  sessionId: null,
  ip: '192.0.2.1',
  target: 'node:1',
  details,
});

/** Walks the chain as a verifier would; returns the first sequence number that does not hold. */
const firstBroken = async (): Promise<number | undefined> => {
  const { db } = database.database;
  let previous = { seq: 0, hash: GENESIS_HASH as Buffer };
  for (const row of await db.select().from(auditEvents).orderBy(asc(auditEvents.seq))) {
    const follows = row.seq === previous.seq + 1 && row.prevHash.equals(previous.hash);
    if (!follows || !row.hash.equals(chainHash(key, previous.hash, row.canonical))) return row.seq;
    previous = row;
  }
  const [head] = await db.select().from(auditHead);
  return head?.seq === previous.seq && head.hash.equals(previous.hash) ? undefined : previous.seq + 1;
};

test('an intent and its outcome share a correlation id and are chained', async () => {
  const intent = anIntent({ name: 'web' });
  const correlationId = await audit.intend(intent);
  await audit.conclude(correlationId, intent, 'ok', { tookMs: 3 });
  const { items } = await audit.list({ limit: 10 });
  expect(items).toMatchObject([
    { seq: 2, phase: 'outcome', outcome: 'ok', correlationId, details: { tookMs: 3 } },
    { seq: 1, phase: 'intent', outcome: null, correlationId, details: { name: 'web' } },
  ]);
  expect(await firstBroken()).toBeUndefined();
});

test('AU-4 twenty writers in two cores never fork the chain and leave no gap', async () => {
  const other = await openDatabase({ source: database.source, log: silentLog });
  const audits = [audit, createAudit({ db: other.db, key, clock: systemClock })];
  const writers = Array.from({ length: 20 }, async (_, writer) => {
    for (let event = 0; event < 50; event += 1) await audits[writer % 2]?.intend(anIntent({ writer, event }));
  });
  await Promise.all(writers);
  await other.close();
  expect((await audit.list({ limit: 1 })).items[0]?.seq).toBe(1000);
  expect(await firstBroken()).toBeUndefined();
});

test("AU-2 an edited, deleted or inserted row is found by a superuser's own walk of the chain", async () => {
  for (let event = 0; event < 5; event += 1) await audit.intend(anIntent({ event }));
  await database.database.withOwner(async (owner) => {
    await owner.query('ALTER TABLE audit_events DISABLE TRIGGER ALL');
    await owner.query(`UPDATE audit_events SET canonical = replace(canonical, 'test.act', 'test.fact') WHERE seq = 3`);
  });
  expect(await firstBroken()).toBe(3);
});

test('AU-2 everything that a row shows is part of what was hashed', async () => {
  const intent = anIntent({ name: 'web' });
  await audit.conclude(await audit.intend(intent), intent, 'failed', { code: 'conflict' });
  const rows = await database.database.db.select().from(auditEvents);
  expect(rows).toHaveLength(2);
  for (const { canonical, hash: _, prevHash: __, at, ...shown } of rows)
    expect(JSON.parse(canonical)).toEqual({ ...shown, at: at.toISOString() });
});

test('AU-8 the role that the core works with can add rows and change none', async () => {
  await audit.intend(anIntent());
  const { db, hasAppRole } = database.database;
  expect(hasAppRole).toBe(true);
  const attempts = [
    sql`update audit_events set action = 'x'`,
    sql`delete from audit_events`,
    sql`truncate audit_events`,
    sql`alter table audit_events disable trigger all`,
    sql`drop table audit_events`,
  ];
  // By its rights alone: the triggers are a second line.
  for (const attempt of attempts) {
    const message = expect.stringMatching(/^(permission denied for table|must be owner of table) audit_events$/);
    await expect(db.execute(attempt)).rejects.toMatchObject({ sqlState: '42501', message });
  }
  expect(await firstBroken()).toBeUndefined();
});

test('AU-8 even the owner of the tables is stopped by the guard', async () => {
  await audit.intend(anIntent());
  await database.database.withOwner(async (owner) => {
    for (const attempt of [
      `UPDATE audit_events SET action = 'x'`,
      'DELETE FROM audit_events',
      'TRUNCATE audit_events',
    ]) {
      await expect(owner.query(attempt)).rejects.toThrow(/audit/);
    }
  });
});

test('AU-6 when the trail cannot be written the caller is told, and a later event is chained as if nothing had been', async () => {
  await audit.intend(anIntent());
  await database.database.withOwner(async (owner) => {
    await owner.query('BEGIN');
    await owner.query('SELECT * FROM audit_head FOR UPDATE');
    await expect(audit.intend(anIntent())).rejects.toMatchObject({ code: 'audit_unavailable' });
    await owner.query('ROLLBACK');
  });
  await audit.intend(anIntent());
  expect((await audit.list({ limit: 1 })).items[0]?.seq).toBe(2);
  expect(await firstBroken()).toBeUndefined();
});

test('AU-6 when only the outcome cannot be written, the answer says what became of the act and that its outcome is unknown', async () => {
  const intent = anIntent();
  const correlationId = await audit.intend(intent);
  await database.database.withOwner(async (owner) => {
    await owner.query('BEGIN');
    await owner.query('SELECT * FROM audit_head FOR UPDATE');
    const outcomes = [
      ['ok', /^This was done, .* unknown\.$/],
      ['failed', /^This did not succeed, .* unknown\.$/],
      ['denied', /^This was refused, .* unknown\.$/],
    ] as const;
    await Promise.all(
      outcomes.map(([outcome, sentence]) =>
        expect(audit.conclude(correlationId, intent, outcome, {})).rejects.toMatchObject({
          code: 'outcome_unrecorded',
          message: expect.stringMatching(sentence),
          // A client that tries again by itself would do it twice.
          retryAfterSeconds: undefined,
        }),
      ),
    );
    await owner.query('ROLLBACK');
  });
  expect((await audit.list({ limit: 5 })).items).toMatchObject([{ phase: 'intent', correlationId }]);
});

test('AU-13 hostile content is kept inert and bounded', async () => {
  const hostile = '\u001b]52;c;eA==\u0007<img src=x onerror=alert(1)>\r\n=cmd|x';
  await audit.intend(anIntent({ name: hostile, big: 'x'.repeat(1_000_000), nul: 'a\0b' }));
  const [event] = (await audit.list({ limit: 1 })).items;
  expect(event?.details.name).toBe(hostile);
  expect(JSON.stringify(event).length).toBeLessThan(10_000);
  expect(await firstBroken()).toBeUndefined();
});

test('pages run from the newest to the oldest without gap or overlap', async () => {
  for (let event = 0; event < 7; event += 1) await audit.intend(anIntent({ event }));
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await audit.list({ limit: 3, ...(cursor !== undefined && { cursor }) });
    seen.push(...page.items.map(({ seq }) => seq));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
});
