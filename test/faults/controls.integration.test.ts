/** Positive controls: each checker of the fault tests is shown the damage that it is there to find. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { kill, listProcessesOf, pause } from '../../lab/faults/processes.ts';
import { inspectStore, listOrphans } from './inspect.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';
import type { OwnerClient } from './store.ts';
import { withStore } from './store.ts';

/** What the checkers say of a damaged store; the damage is taken back. */
const inspectDamaged = (stage: Stage, damage: (client: OwnerClient) => Promise<unknown>): Promise<string[]> =>
  withStore(stage.dataDir, async (client) => {
    await client.query('BEGIN');
    await client.query('ALTER TABLE audit_events DISABLE TRIGGER ALL');
    await damage(client);
    const problems = await inspectStore(client, stage, stage);
    await client.query('ROLLBACK');
    return problems;
  });

const listWalWriters = (dataDir: string): number[] =>
  listProcessesOf(dataDir)
    .filter(({ argv }) => argv.join(' ').includes('walwriter'))
    .map(({ pid }) => pid);

/** A hash as somebody would make it who has the database and not the key. */
const guessed = createHash('sha256').update('forged').digest();

const TALLIED = `SELECT s.id FROM metric_series s JOIN nodes n ON n.id = s.node_id WHERE n.name = 'tally'`;

const DAMAGES: readonly [string, RegExp, (client: OwnerClient) => Promise<unknown>][] = [
  [
    'an edited row',
    /audit trail breaks at 3: hash/,
    (c) => c.query(`UPDATE audit_events SET canonical = replace(canonical, '"phase"', '"Phase"') WHERE seq = 3`),
  ],
  [
    'a row that shows something else than was hashed',
    /breaks at 3: columns/,
    (c) => c.query(`UPDATE audit_events SET actor = 'user:somebody-else' WHERE seq = 3`),
  ],
  [
    'a re-dated row',
    /breaks at 3: columns/,
    (c) => c.query(`UPDATE audit_events SET at = at - interval '1 day' WHERE seq = 3`),
  ],
  [
    'two rows with each other\u2019s bodies',
    /breaks at 3: hash/,
    (c) =>
      c.query(
        `UPDATE audit_events a SET canonical = b.canonical, details = b.details, action = b.action, outcome = b.outcome
         FROM audit_events b WHERE (a.seq, b.seq) IN ((3, 4), (4, 3))`,
      ),
  ],
  [
    'two rows in each other\u2019s places',
    /breaks at 3: does not follow 2/,
    async (c) => {
      for (const [from, to] of [
        [3, 0],
        [4, 3],
        [0, 4],
      ])
        await c.query('UPDATE audit_events SET seq = $2 WHERE seq = $1', [from, to]);
    },
  ],
  ['a deleted row', /breaks at 3: missing/, (c) => c.query('DELETE FROM audit_events WHERE seq = 3')],
  [
    'a deleted tail',
    /: head/,
    (c) => c.query('DELETE FROM audit_events WHERE seq > (SELECT max(seq) - 2 FROM audit_events)'),
  ],
  [
    'a forged row under a moved head',
    /audit trail breaks at \d+: hash/,
    async (c) => {
      await c.query(
        `INSERT INTO audit_events SELECT h.seq + 1, now(), e.phase, e.correlation_id, e.action, e.actor, e.session_id, e.ip,
              e.target, e.outcome, e.details, e.canonical, h.hash, $1 FROM audit_events e, audit_head h WHERE e.seq = 3`,
        [guessed],
      );
      await c.query('UPDATE audit_head SET seq = seq + 1, hash = $1', [guessed]);
    },
  ],
  [
    'a lost sample',
    /1 samples lost/,
    (c) =>
      c.query(`DELETE FROM metric_hot WHERE at = (SELECT min(at) FROM metric_hot WHERE series_id IN (${TALLIED}))`),
  ],
  ['a sample twice', /samples twice/, (c) => c.query('INSERT INTO metric_hot SELECT * FROM metric_hot')],
  ['a lost name', /the name .* is none of/, (c) => c.query(`UPDATE nodes SET name = 'x' WHERE is_local`)],
  [
    'lost preferences',
    /preferences went back/,
    (c) => c.query(`UPDATE users SET preferences = preferences || '{"motion":"full"}'`),
  ],
  [
    'a lost session',
    /1 sessions lost/,
    (c) =>
      c.query(
        'UPDATE sessions SET revoked_at = now() WHERE id = (SELECT id FROM sessions WHERE generation > 1 LIMIT 1)',
      ),
  ],
  ['a revived session', /ended sessions revived/, (c) => c.query('UPDATE sessions SET revoked_at = NULL')],
];

test('AU-2 AU-3 DB-2 a database that commits without waiting is caught, and so is every single damage', {
  timeout: 180_000,
}, async () => {
  const stage = await openStage();
  onTestFinished(() => stage.close());
  await stage.underLoad(1000, async () => stage.metricAgent.cut());
  expect(await stage.inspect()).toEqual([]);

  for (const [what, found, damage] of DAMAGES) {
    expect((await inspectDamaged(stage, damage)).join('\n'), what).toMatch(found);
  }

  const stray = spawn('/bin/sleep', ['60'], { cwd: join(stage.dataDir, 'agent'), stdio: 'ignore' });
  expect(listOrphans(stage.dataDir, ['postgres', 'serverbox-agent'])).toEqual([
    'processes: postgres, serverbox-agent, sleep',
  ]);
  await kill([Number(stray.pid)]);

  await withStore(stage.dataDir, async (client) => {
    await client.query('ALTER SYSTEM SET synchronous_commit = off');
    await client.query('SELECT pg_reload_conf()');
  });
  await stage.underLoad(500, async () => {
    // What is committed and not written is up to 8 KB otherwise: too little to count on.
    await pause(listWalWriters(stage.dataDir));
    await sleep(500);
    await stage.kill(['database']);
  });
  const problems = (await stage.inspect()).join('\n');
  expect(problems).toMatch(/sessions lost/);
  expect(problems).toMatch(/audited acts lost/);
  expect(problems).toMatch(/samples lost/);
});
