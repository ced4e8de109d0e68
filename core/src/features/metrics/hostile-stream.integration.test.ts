/** What an agent sends is foreign input: it may end its own stream, and nothing else. */
import { once } from 'node:events';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { containerValues, countHot, hostValues, insertNode, NOON, noonPlus, openTestMetrics } from './testing.ts';

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
  other.host(1, noonPlus(0));
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
