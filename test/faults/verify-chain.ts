/**
 * A second verifier of the audit trail, which shares no code with the writer: whatever the writer gets wrong, it must not get
 * wrong here in the same way. Works on the rows as a database superuser sees them and on the master key file.
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { OwnerClient } from './store.ts';

export type AuditRow = {
  seq: number;
  at: Date;
  phase: 'intent' | 'outcome';
  correlationId: string;
  action: string;
  actor: string;
  sessionId: string | null;
  ip: string | null;
  target: string | null;
  outcome: string | null;
  details: Record<string, unknown>;
  canonical: string;
  prevHash: Buffer;
  hash: Buffer;
};

export type Trail = { rows: AuditRow[]; head: { seq: number; hash: Buffer } };

/** HKDF-SHA256 (RFC 5869) of the key in the key file. */
export const readAuditKey = (dataDir: string): Buffer => {
  const master = Buffer.from(readFileSync(join(dataDir, 'master.key'), 'utf8').trim(), 'hex');
  return Buffer.from(hkdfSync('sha256', master, 'serverbox', 'serverbox/v1/audit', 32));
};

export const readTrail = async (client: OwnerClient): Promise<Trail> => {
  const { rows } = await client.query<AuditRow>(
    `SELECT seq::float8 AS seq, at, phase, correlation_id AS "correlationId", action, actor, session_id AS "sessionId", ip,
            target, outcome, details, canonical, prev_hash AS "prevHash", hash
     FROM audit_events ORDER BY audit_events.seq`,
  );
  const { rows: heads } = await client.query<Trail['head']>('SELECT seq::float8 AS seq, hash FROM audit_head');
  return { rows, head: heads[0] ?? { seq: -1, hash: Buffer.alloc(0) } };
};

/** What is shown has to be what was hashed. */
const isAsHashed = ({ canonical, prevHash: _, hash: __, at, ...shown }: AuditRow): boolean => {
  const hashed: Record<string, unknown> = JSON.parse(canonical);
  return isDeepStrictEqual({ ...shown, at: at.toISOString() }, hashed);
};

/** Why the trail does not hold, with the first bad number; undefined when it holds. */
export const findBreak = ({ rows, head }: Trail, key: Buffer): string | undefined => {
  let last: Trail['head'] = { seq: 0, hash: Buffer.alloc(32) };
  for (const row of rows) {
    if (row.seq !== last.seq + 1) return `${last.seq + 1}: missing`;
    if (!row.prevHash.equals(last.hash)) return `${row.seq}: does not follow ${last.seq}`;
    const hash = createHmac('sha256', key).update(last.hash).update(row.canonical).digest();
    if (!hash.equals(row.hash)) return `${row.seq}: hash`;
    if (!isAsHashed(row)) return `${row.seq}: columns differ from what was hashed`;
    last = row;
  }
  return head.seq === last.seq && head.hash.equals(last.hash) ? undefined : `${last.seq + 1}: head`;
};

/** Intents that no outcome followed: what became of them is not known. */
export const listUnknownOutcomes = (rows: readonly AuditRow[]): AuditRow[] => {
  const concluded = new Set(rows.filter(({ phase }) => phase === 'outcome').map((row) => row.correlationId));
  return rows.filter(({ phase, correlationId }) => phase === 'intent' && !concluded.has(correlationId));
};
