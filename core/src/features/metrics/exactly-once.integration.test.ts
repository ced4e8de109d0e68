/** Every acknowledged sample is stored, and stored once: whatever is sent again, and whatever breaks in between. */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { withOwnerClient } from '../../lib/db/connection.ts';
import { openDatabase } from '../../lib/db/database.ts';
import { createLog, silentLog } from '../../lib/log.ts';
import { countHot, noonPlus, openTestMetrics } from './testing.ts';

test('after a lost acknowledgement the resent samples are stored once, and welcome says where to go on', async () => {
  await using context = await openTestMetrics();
  const first = context.connect();
  first.hello();
  for (const seq of [1, 2, 3]) first.host(seq, noonPlus(seq * 1000));
  await first.acked(3);
  first.close();
  await first.ended;
  const second = context.connect({ epoch: first.epoch });
  second.hello();
  expect(await second.next('welcome')).toEqual({ type: 'welcome', lastSeq: 3 });
  for (const seq of [2, 3, 4]) second.host(seq, noonPlus(seq * 1000));
  await second.acked(4);
  expect(await countHot(context.database)).toBe(4);
});

test('a second stream that resends what the first has still queued does not store it twice', async () => {
  await using context = await openTestMetrics();
  const first = context.connect();
  first.hello();
  await first.next('welcome');
  first.host(1, noonPlus(0));
  first.host(2, noonPlus(1000));
  const second = context.connect({ epoch: first.epoch });
  expect(await first.ended).toBe('ended');
  second.hello();
  for (const seq of [1, 2, 3]) second.host(seq, noonPlus(seq * 1000));
  await second.acked(3);
  expect(await countHot(context.database)).toBe(3);
});

test('samples that wait for the database twice, from two streams of one spool, are stored once', async () => {
  await using context = await openTestMetrics();
  const first = context.connect();
  first.hello();
  await first.next('welcome');
  const second = await withOwnerClient(context.source, async (client) => {
    await client.query('BEGIN');
    // Whoever commits samples waits for the mark.
    await client.query('SELECT FROM metric_marks FOR UPDATE');
    first.host(1, noonPlus(-3000));
    first.host(2, noonPlus(-2000));
    await expect.poll(() => context.metrics.latestReading(context.nodeId)?.observedAt).toEqual(noonPlus(-2000));
    const resending = context.connect({ epoch: first.epoch });
    expect(await first.ended).toBe('ended');
    resending.hello();
    expect(await resending.next('welcome')).toMatchObject({ lastSeq: 0 });
    for (const seq of [1, 2, 3]) resending.host(seq, noonPlus((seq - 4) * 1000));
    await expect.poll(() => context.metrics.latestReading(context.nodeId)?.observedAt).toEqual(noonPlus(-1000));
    await client.query('COMMIT');
    return resending;
  });
  await second.acked(3);
  expect(await countHot(context.database)).toBe(3);
});

test('a sample whose mark cannot be saved is not stored either, and is stored once when it can', async () => {
  const logged: string[] = [];
  await using context = await openTestMetrics({
    log: createLog('error', { write: (line: string) => logged.push(line) }),
  });
  const agent = context.connect();
  agent.hello();
  await agent.next('welcome');
  await context.database.withOwner((client) =>
    client.query('ALTER TABLE metric_marks ADD CONSTRAINT no_progress CHECK (last_seq < 1)'),
  );
  agent.host(1, noonPlus(0));
  await expect.poll(() => logged.join(), { timeout: 5000 }).toContain('samples could not be stored');
  expect(await countHot(context.database)).toBe(0);
  await context.database.withOwner((client) => client.query('ALTER TABLE metric_marks DROP CONSTRAINT no_progress'));
  await agent.acked(1);
  expect(await countHot(context.database)).toBe(1);
});

test('AG-6 replayed and reordered samples are neither stored nor shown', async () => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello();
  agent.host(5, noonPlus(0), { cpuRatio: 0.5 });
  await agent.acked(5);
  agent.host(5, noonPlus(1000), { cpuRatio: 0.9 });
  agent.host(4, noonPlus(2000), { cpuRatio: 0.9 });
  agent.host(6, noonPlus(3000), { cpuRatio: 0.6 });
  await agent.acked(6);
  expect(await countHot(context.database)).toBe(2);
  expect(context.metrics.latestReading(context.nodeId)?.values[0]).toBe(0.6);
  agent.close();
  await agent.ended;

  // The whole conversation again, as somebody who recorded it would.
  const replay = context.connect({ epoch: agent.epoch });
  replay.hello();
  replay.host(5, noonPlus(60_000), { cpuRatio: 0.99 });
  replay.host(6, noonPlus(61_000), { cpuRatio: 0.99 });
  await replay.acked(6);
  expect(await countHot(context.database)).toBe(2);
  expect(context.metrics.latestReading(context.nodeId)?.values[0]).toBe(0.6);
});

test('AG-6 the mark of an older spool is remembered when the agent had another one since', async () => {
  await using context = await openTestMetrics();
  const [old, next] = ['a'.repeat(32), 'b'.repeat(32)];
  for (const epoch of [old, next]) {
    const agent = context.connect({ epoch });
    agent.hello();
    agent.host(7, noonPlus(0));
    await agent.acked(7);
    agent.close();
    await agent.ended;
  }
  const replay = context.connect({ epoch: old });
  replay.hello();
  expect(await replay.next('welcome')).toEqual({ type: 'welcome', lastSeq: 7 });
});

test('a killed database connection loses no acknowledged sample and stores none twice', {
  timeout: 60_000,
}, async () => {
  await using context = await openTestMetrics();
  const database = await openDatabase({ source: context.source, log: silentLog });
  const metrics = context.open(database);
  const agent = context.connect({ metrics });
  agent.hello();
  await agent.next('welcome');
  const total = 400;
  const sending = (async () => {
    for (let seq = 1; seq <= total; seq += 1) {
      agent.host(seq, noonPlus(seq));
      context.clock.advance(1);
      await delay(5);
    }
  })();
  const killing = (async () => {
    for (let round = 0; round < 12; round += 1) {
      await delay(150);
      await withOwnerClient(context.source, (client) =>
        client.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        ),
      );
    }
  })();
  await Promise.all([sending, killing, agent.acked(total)]);
  expect(await countHot(context.database)).toBe(total);
  const { rows } = await context.database.db.execute<{ distinct: string }>(
    sql`select count(distinct at) as distinct from metric_hot`,
  );
  expect(Number(rows[0]?.distinct)).toBe(total);
  await metrics.close();
  await database.close();
});
