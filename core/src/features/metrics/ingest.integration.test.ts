import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { withOwnerClient } from '../../lib/db/connection.ts';
import type { Database } from '../../lib/db/database.ts';
import { openDatabase } from '../../lib/db/database.ts';
import { createLog, silentLog } from '../../lib/log.ts';
import { containerValues, FACTS, hostValues, insertNode, NOON, openTestMetrics } from './testing.ts';

const at = (offsetMs: number): Date => new Date(NOON.getTime() + offsetMs);
const countHot = async (database: Database): Promise<number> => {
  const { rows } = await database.db.execute<{ count: string }>(sql`select count(*) as count from metric_hot`);
  return Number(rows[0]?.count);
};
const wholeRange = { from: at(-3_600_000).toISOString(), to: at(3_600_000).toISOString() };

test('a sample is acknowledged after it is stored, and read back as it was', async () => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello();
  expect(await agent.next('welcome')).toEqual({ type: 'welcome', lastSeq: 0 });
  expect(await agent.next('interval')).toEqual({ type: 'interval', everyMs: 5000 });
  agent.host(1, at(0), { cpuRatio: 0.1234, memUsedBytes: 1024 * 1000, temperatureCelsius: null });
  await agent.acked(1);
  const series = await context.metrics.hostSeries({
    nodeId: context.nodeId,
    ...wholeRange,
    fields: ['memUsedBytes', 'cpuRatio', 'temperatureCelsius'],
  });
  expect(series).toEqual({
    resolution: 'raw',
    at: [NOON.getTime()],
    values: { memUsedBytes: [1_024_000], cpuRatio: [0.1234], temperatureCelsius: [null] },
    max: {},
  });
});

test('samples of containers are found by any length of the container id', async () => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello();
  const rows = [
    ['0123456789ab', containerValues(0.5)],
    ['ba9876543210', containerValues(1.5)],
  ];
  agent.send({ type: 'containers', seq: 1, at: NOON.getTime(), rows });
  await agent.acked(1);
  const series = await context.metrics.containerSeries({
    nodeId: context.nodeId,
    containerId: `0123456789ab${'c'.repeat(52)}` as never,
    ...wholeRange,
    fields: ['cpuCores'],
  });
  expect(series.values).toEqual({ cpuCores: [0.5] });
  expect(context.metrics.latestUsage(context.nodeId)?.rows.get('ba9876543210')?.[0]).toBe(1.5);
});

test('after a lost acknowledgement the resent samples are stored once, and welcome says where to go on', async () => {
  await using context = await openTestMetrics();
  const first = context.connect();
  first.hello();
  for (const seq of [1, 2, 3]) first.host(seq, at(seq * 1000));
  await first.acked(3);
  first.close();
  await first.ended;
  const second = context.connect({ epoch: first.epoch });
  second.hello();
  expect(await second.next('welcome')).toEqual({ type: 'welcome', lastSeq: 3 });
  for (const seq of [2, 3, 4]) second.host(seq, at(seq * 1000));
  await second.acked(4);
  expect(await countHot(context.database)).toBe(4);
});

test('a second stream that resends what the first has still queued does not store it twice', async () => {
  await using context = await openTestMetrics();
  const first = context.connect();
  first.hello();
  await first.next('welcome');
  first.host(1, at(0));
  first.host(2, at(1000));
  const second = context.connect({ epoch: first.epoch });
  expect(await first.ended).toBe('ended');
  second.hello();
  for (const seq of [1, 2, 3]) second.host(seq, at(seq * 1000));
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
    first.host(1, at(-3000));
    first.host(2, at(-2000));
    await expect.poll(() => context.metrics.latestReading(context.nodeId)?.observedAt).toEqual(at(-2000));
    const resending = context.connect({ epoch: first.epoch });
    expect(await first.ended).toBe('ended');
    resending.hello();
    expect(await resending.next('welcome')).toMatchObject({ lastSeq: 0 });
    for (const seq of [1, 2, 3]) resending.host(seq, at((seq - 4) * 1000));
    await expect.poll(() => context.metrics.latestReading(context.nodeId)?.observedAt).toEqual(at(-1000));
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
  agent.host(1, at(0));
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
  agent.host(5, at(0), { cpuRatio: 0.5 });
  await agent.acked(5);
  agent.host(5, at(1000), { cpuRatio: 0.9 });
  agent.host(4, at(2000), { cpuRatio: 0.9 });
  agent.host(6, at(3000), { cpuRatio: 0.6 });
  await agent.acked(6);
  expect(await countHot(context.database)).toBe(2);
  expect(context.metrics.latestReading(context.nodeId)?.values[0]).toBe(0.6);
  agent.close();
  await agent.ended;

  // The whole conversation again, as somebody who recorded it would.
  const replay = context.connect({ epoch: agent.epoch });
  replay.hello();
  replay.host(5, at(60_000), { cpuRatio: 0.99 });
  replay.host(6, at(61_000), { cpuRatio: 0.99 });
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
    agent.host(7, at(0));
    await agent.acked(7);
    agent.close();
    await agent.ended;
  }
  const replay = context.connect({ epoch: old });
  replay.hello();
  expect(await replay.next('welcome')).toEqual({ type: 'welcome', lastSeq: 7 });
});

test('AG-7 a line beyond the limit ends this stream only, and is never held whole', async () => {
  await using context = await openTestMetrics();
  const otherNode = await insertNode(context.database, 'web-2');
  const other = context.connect({ nodeId: otherNode });
  other.hello();
  await other.next('welcome');
  const agent = context.connect();
  agent.hello();
  await agent.next('welcome');
  const piece = Buffer.alloc(64 * 1024, 'x');
  let sentBytes = 0;
  let isOpen = true;
  const ended = agent.ended.finally(() => {
    isOpen = false;
  });
  while (isOpen && sentBytes < 64 * 1024 * 1024) {
    sentBytes += piece.length;
    if (agent.stream.write(piece)) continue;
    await Promise.race([once(agent.stream, 'drain'), ended]);
  }
  expect(await ended).toBe('violation');
  // Back-pressure and the limit together: the rest of the 64 MiB was never taken.
  expect(sentBytes).toBeLessThan(2 * 1024 * 1024);
  other.host(1, at(0));
  await other.acked(1);
});

test.each([
  [
    'too many containers',
    {
      type: 'containers',
      seq: 1,
      at: 1,
      rows: Array.from({ length: 5001 }, () => ['0123456789ab', containerValues(0)]),
    },
  ],
  ['too few values', { type: 'host', seq: 1, at: 1, values: [1, 2] }],
  ['a field that nobody knows', { type: 'host', seq: 1, at: 1, values: hostValues({}), extra: true }],
  ['a second hello', { type: 'hello', protocol: 1, epoch: 'a'.repeat(32), now: 1, services: [], facts: {} }],
  ['a message of the core', { type: 'ack', seq: 1 }],
  ['a text instead of a number', { type: 'host', seq: 1, at: 1, values: hostValues({}).map(String) }],
])('AG-7 a message with %s ends the stream', async (_, message) => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello();
  await agent.next('welcome');
  agent.send(message);
  expect(await agent.ended).toBe('violation');
  expect(await countHot(context.database)).toBe(0);
});

test('AG-9 no input crashes the receiver, and every stored row fits the schema', { timeout: 120_000 }, async () => {
  await using context = await openTestMetrics();
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(1e300, -1e300, 3.5e38, 2 ** 53, -0, 1e-300));
  const values = fc.array(fc.oneof(number, fc.constant(null)), { minLength: 24, maxLength: 24 });
  const message = fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .record({
          type: fc.constant('host'),
          seq: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
          at: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
          values,
        })
        .map((m) => JSON.stringify(m)),
    },
    { weight: 1, arbitrary: fc.json({ maxDepth: 20 }) },
    {
      weight: 1,
      arbitrary: fc
        .record({
          type: fc.constantFrom('hello', 'host', 'containers', 'detail', '__proto__'),
          seq: fc.anything(),
          at: fc.anything(),
          rows: fc.anything(),
        })
        .map((m) => JSON.stringify(m, (_, value: unknown) => (typeof value === 'bigint' ? 1 : value)) ?? 'null'),
    },
    { weight: 1, arbitrary: fc.string() },
    { weight: 1, arbitrary: fc.constant('['.repeat(10_000)) },
  );
  try {
    for (const lines of fc.sample(fc.array(message, { minLength: 1, maxLength: 40 }), 500)) {
      const agent = context.connect();
      agent.hello();
      for (const line of lines) agent.sendRaw(`${line}\n`);
      agent.stream.end();
      await agent.ended;
    }
    await vi.waitFor(async () => expect(await countHot(context.database)).toBeGreaterThan(100), 10_000);
    await context.metrics.close();
    const { rows } = await context.database.db.execute<{ bad: string }>(
      sql`select count(*) as bad from metric_hot where array_length(v, 1) <> 24 or 'Infinity' = any (v) or '-Infinity' = any (v)
          or at > ${new Date(NOON.getTime() + 1)} or at < ${new Date(NOON.getTime() - 48 * 3_600_000)}`,
    );
    expect(Number(rows[0]?.bad)).toBe(0);
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off('unhandledRejection', unhandled);
  }
});

test.each([
  ['ten minutes ahead', 600_000],
  ['ten minutes behind', -600_000],
  ['ten years ahead', 10 * 365 * 86_400_000],
  ['ten years behind', -10 * 365 * 86_400_000],
])('CL-1 a clock that is %s gives ordered data at the right time, and the skew is shown', async (_, skewMs) => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello({ now: NOON.getTime() + skewMs });
  for (const seq of [1, 2, 3]) agent.host(seq, at(skewMs - 30_000 + seq * 5000), { cpuRatio: seq / 10 });
  await agent.acked(3);
  const series = await context.metrics.hostSeries({ nodeId: context.nodeId, ...wholeRange, fields: ['cpuRatio'] });
  expect(series.at).toEqual([-25_000, -20_000, -15_000].map((offset) => NOON.getTime() + offset));
  expect(series.values.cpuRatio).toEqual([0.1, 0.2, 0.3]);
  expect(context.metrics.clockSkewMs(context.nodeId)).toBe(skewMs);
});

test('CL-1 samples older than what is kept are acknowledged but not stored', async () => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello();
  agent.host(1, at(-72 * 3_600_000));
  agent.host(2, at(0));
  await agent.acked(2);
  expect(await countHot(context.database)).toBe(1);
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
      agent.host(seq, at(seq));
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

test('a restarted core shows the newest stored values', async () => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello();
  agent.host(1, at(-5000), { cpuRatio: 0.1 });
  agent.host(2, at(0), { cpuRatio: 0.2, temperatureCelsius: null });
  await agent.acked(2);
  const restarted = context.open();
  await restarted.start();
  const reading = restarted.latestReading(context.nodeId);
  expect(reading?.observedAt).toEqual(NOON);
  expect(reading?.values).toEqual(hostValues({ cpuRatio: 0.2, temperatureCelsius: null }));
  expect(restarted.lastSampleAt(context.nodeId)).toEqual(NOON);
  await restarted.close();
});

test('the agent samples each second while somebody watches its node', async () => {
  await using context = await openTestMetrics();
  const stopEarlier = context.metrics.watch(context.nodeId);
  const agent = context.connect();
  agent.hello();
  expect((await agent.next('interval')).everyMs).toBe(1000);
  const stopLater = context.metrics.watch(context.nodeId);
  stopEarlier();
  stopEarlier();
  stopLater();
  expect((await agent.next('interval')).everyMs).toBe(5000);
});

test('NO-5 a report without values shows them as not known, never as zero, and one without containers removes no history', async () => {
  await using context = await openTestMetrics();
  const { nodeId, metrics } = context;
  const agent = context.connect();
  agent.hello();
  agent.send({ type: 'containers', seq: 1, at: at(0).getTime(), rows: [['0123456789ab', containerValues(0.5)]] });
  agent.send({ type: 'containers', seq: 2, at: at(1).getTime(), rows: [] });
  agent.send({ type: 'host', seq: 3, at: at(2).getTime(), values: HOST_FIELDS.map(() => null) });
  await agent.acked(3);
  expect(new Set(metrics.latestReading(nodeId)?.values)).toEqual(new Set([null]));
  const containerId = '0123456789ab' as never;
  const kept = await metrics.containerSeries({ nodeId, containerId, ...wholeRange, fields: ['cpuCores'] });
  expect(kept.values).toEqual({ cpuCores: [0.5] });
  const host = await metrics.hostSeries({ nodeId, ...wholeRange, fields: ['cpuRatio'] });
  expect(host.values).toEqual({ cpuRatio: [null] });
});

test('facts that change after the hello are stored, and a flood of them costs one write', async () => {
  const told: (string | null)[] = [];
  await using context = await openTestMetrics({
    onHello: async (_, { facts, epoch }) => {
      told.push(`${facts.dockerProblem} ${epoch === agent.epoch}`);
    },
  });
  const agent = context.connect();
  agent.hello({ facts: { ...FACTS, dockerProblem: 'not running' } });
  for (let count = 0; count < 1000; count += 1) agent.send({ type: 'facts', facts: { ...FACTS, dockerProblem: null } });
  agent.host(1, at(0));
  await agent.acked(1);
  expect(told).toEqual(['not running true', 'null true']);
  agent.close();
});
