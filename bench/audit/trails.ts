/** Three ways to keep a trail: the core's own, the obvious one (a transaction for each event), and one without a chain. */
import { randomUUID } from 'node:crypto';
import type { Json } from '../../core/src/features/audit/canonical.ts';
import { bounded, canonicalJson, chainHash } from '../../core/src/features/audit/canonical.ts';
import { createAudit } from '../../core/src/features/audit/service.ts';
import { ensureAuditHead } from '../../core/src/features/audit/writer.ts';
import { systemClock as clock } from '../../core/src/lib/clock.ts';
import type { Database } from '../../core/src/lib/db/database.ts';
import type { AuditIntent } from '../../core/src/middleware/ports.ts';

export type Append = (intent: AuditIntent) => Promise<unknown>;

export const AUDIT_KEY = Buffer.alloc(32, 3);
const TABLE = 'bench_audit';
const HEAD = 'bench_audit_head';
const INSERT = `INSERT INTO ${TABLE} (seq, at, phase, correlation_id, action, actor, session_id, ip, target, outcome, details,
  canonical, prev_hash, hash) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)`;

/** What a restart of a container by a person leaves in the trail. */
export const anIntent = (number: number): AuditIntent => ({
  action: 'container.restart',
  actor: `user:${number % 40}`,
  sessionId: null,
  ip: `192.0.2.${number % 250}`,
  target: `node:${number % 50}/container:${number % 1000}`,
  details: { reason: 'operator', number, before: { state: 'running' }, after: { state: 'running' } },
});

/** The columns of one event after `previous`, in the order of `INSERT`. */
const rowAfter = (previous: { seq: number; hash: Buffer }, intent: AuditIntent) => {
  const seq = previous.seq + 1;
  const [at, correlationId] = [clock.now(), randomUUID()];
  const details = bounded(intent.details);
  const fields = { ...intent, phase: 'intent', correlationId, outcome: null, details, seq, at };
  const canonical = canonicalJson(bounded(fields) as Json);
  const hash = chainHash(AUDIT_KEY, previous.hash, canonical);
  const { action, actor, sessionId, ip, target } = intent;
  const told = ['intent', correlationId, action, actor, sessionId, ip, target, null, details];
  return { seq, hash, values: [seq, at, ...told, canonical, previous.hash, hash] };
};

/** Tables like the real ones, without their guards: the other two ways may write only there. */
const ensureTables = (database: Database): Promise<void> =>
  database.withOwner(async (client) => {
    await client.query(`CREATE TABLE ${TABLE} (LIKE audit_events INCLUDING ALL)`);
    await client.query(`CREATE TABLE ${HEAD} (id int PRIMARY KEY, seq bigint NOT NULL, hash bytea NOT NULL)`);
    await client.query(`INSERT INTO ${HEAD} VALUES (1, 0, $1)`, [Buffer.alloc(32)]);
    await client.query(`GRANT ALL ON ${TABLE}, ${HEAD} TO PUBLIC`);
  });

const openNaive =
  (database: Database): Append =>
  (intent) =>
    database.withClient(async (client) => {
      await client.query('BEGIN');
      const { rows } = await client.query<{ seq: string; hash: Buffer }>(`SELECT seq, hash FROM ${HEAD} FOR UPDATE`);
      const head = { seq: Number(rows[0]?.seq), hash: rows[0]?.hash ?? Buffer.alloc(32) };
      const row = rowAfter(head, intent);
      await client.query({ name: 'naive_insert', text: INSERT, values: row.values });
      await client.query(`UPDATE ${HEAD} SET seq = $1, hash = $2`, [row.seq, row.hash]);
      await client.query('COMMIT');
    });

/** Numbers from above the chained ones, so that both can write into one table. */
const UNCHAINED_FROM = 1e12;

const openUnchained = (database: Database): Append => {
  let seq = UNCHAINED_FROM;
  return (intent) => {
    seq += 1;
    const { values } = rowAfter({ seq, hash: Buffer.alloc(32) }, intent);
    return database.withClient((client) => client.query({ name: 'plain_insert', text: INSERT, values }));
  };
};

export const openTrails = async (database: Database) => {
  await ensureTables(database);
  await ensureAuditHead(database.db);
  const audit = createAudit({ db: database.db, key: AUDIT_KEY, clock });
  return { ours: audit.intend, naive: openNaive(database), unchained: openUnchained(database) };
};
