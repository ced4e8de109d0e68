/** L4: whatever is killed in the middle, no acknowledged event is missing and the chain holds. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chainHash, GENESIS_HASH } from '../../core/src/features/audit/canonical.ts';
import type { PostgresServer } from '../../lab/postgres.ts';
import { startPostgres } from '../../lab/postgres.ts';
import { AUDIT_KEY } from '../audit/trails.ts';
import type { Program } from '../lib/program.ts';
import { startProgram } from '../lib/program.ts';

const APPENDER = import.meta.resolve('../audit/appender-program.ts');
const AWAITED = { timeout: 20_000, interval: 5 };
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

interface Row {
  seq: string;
  correlation_id: string;
  canonical: string;
  prev_hash: Buffer;
  hash: Buffer;
}

/** The trail as a verifier reads it. Fails at the first link that does not hold. */
const readVerified = async (): Promise<Set<string>> => {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query<Row>(
    'SELECT seq, correlation_id, canonical, prev_hash, hash FROM audit_events ORDER BY seq',
  );
  await client.end();
  let previous: Buffer = GENESIS_HASH;
  for (const [index, { seq, canonical, prev_hash, hash }] of rows.entries()) {
    const isLinked =
      Number(seq) === index + 1 && prev_hash.equals(previous) && chainHash(AUDIT_KEY, previous, canonical).equals(hash);
    if (!isLinked) throw new Error(`the chain breaks at ${seq}`);
    previous = hash;
  }
  return new Set(rows.map(({ correlation_id }) => correlation_id));
};

const countAcknowledged = async (program: Program) => (await program.ask<string[]>('acknowledged')).length;
const startAppending = async (): Promise<Program> => {
  const program = await startProgram(APPENDER, server.url);
  await program.ask('start');
  return program;
};
const expectKept = async (acknowledged: readonly string[]): Promise<void> => {
  const kept = await readVerified();
  expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
};

test('L4 a core that is killed while it appends has lost nothing that it acknowledged', async () => {
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const program = await startAppending();
    await expect.poll(() => countAcknowledged(program), AWAITED).toBeGreaterThan(200);
    acknowledged.push(...(await program.ask<string[]>('acknowledged')));
    process.kill(program.pid, 'SIGKILL');
    await program.stop();
  }
  expect(acknowledged.length).toBeGreaterThan(600);
  await expectKept(acknowledged);
});

test('L4 a database server that is killed has lost nothing that was acknowledged, and the chain goes on', async () => {
  const program = await startAppending();
  try {
    for (let round = 0; round < 3; round += 1) {
      const before = await countAcknowledged(program);
      await expect.poll(() => countAcknowledged(program), AWAITED).toBeGreaterThan(before + 100);
      await server.kill();
      await expect.poll(() => program.ask<number>('refusedCount'), AWAITED).toBeGreaterThan(0);
      await server.restart();
    }
    const before = await countAcknowledged(program);
    await expect.poll(() => countAcknowledged(program), AWAITED).toBeGreaterThan(before);
    const acknowledged = await program.ask<string[]>('acknowledged');
    await expectKept(acknowledged);
  } finally {
    await program.stop();
  }
});
