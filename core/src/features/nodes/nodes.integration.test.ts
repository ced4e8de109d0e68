import type { NodeId } from '@serverbox/contract/ids';
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { startSshd } from '../../../../lab/sshd.ts';
import { newId } from '../../lib/ids.ts';
import { openLabLink } from '../../lib/link/testing-sshd.ts';
import { activity } from '../../schema/activity.ts';
import { FACTS } from '../metrics/testing.ts';
import type { NodeReading } from './ports.ts';
import { NOON, openNodes, principal } from './testing.ts';

const HELLO = { facts: FACTS, services: ['metrics' as const, 'exec' as const], epoch: 'a'.repeat(32) };

const reading = (observedAt: Date): NodeReading => ({
  observedAt,
  values: HOST_FIELDS.map((field) => (field === 'temperatureCelsius' ? 23 : field === 'cpuRatio' ? 0.5 : null)),
});

test('nodes are listed by name with what is known of them', async () => {
  await using context = await openNodes();
  const { nodes, known } = context;
  const second = await context.addNode('web-2');
  const first = await context.addNode('web-1');
  known.set(first, reading(NOON));
  const list = await nodes.list(principal);
  expect(list.map(({ name, status }) => [name, status.state])).toEqual([
    ['web-1', 'online'],
    ['web-2', 'unknown'],
  ]);
  expect(list[0]?.reading).toMatchObject({
    observedAt: NOON.toISOString(),
    source: 'agent',
    value: { cpuRatio: 0.5, temperatureCelsius: 23, load1: null },
  });
  expect(list[1]?.reading).toBeNull();
  expect(await nodes.get(principal, second)).toMatchObject({ clockSkewMs: 250, linkedSince: null, detail: null });
  expect((await nodes.get(principal, second)).hostKeyFingerprint).toMatch(/^SHA256:/);
});

test('a node that does not exist is not found, by any question', async () => {
  await using context = await openNodes();
  const missing = newId<NodeId>();
  expect(await context.nodes.find(principal, missing)).toBeUndefined();
  await expect(context.nodes.get(principal, missing)).rejects.toMatchObject({ code: 'not_found' });
  await expect(context.nodes.update(principal, { nodeId: missing, name: 'x' })).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(context.nodes.touchFacts(missing, HELLO)).rejects.toMatchObject({ code: 'not_found' });
  expect(await context.nodes.sparks(principal, [missing])).toEqual([]);
});

test('the story is paged newest first, without gap or repetition, also within one millisecond', async () => {
  await using context = await openNodes();
  const { nodes, clock } = context;
  const nodeId = await context.addNode('web-1');
  for (let number = 0; number < 25; number += 1) {
    if (number % 5 === 0) clock.advance(1000);
    await nodes.recordActivity(nodeId, {
      kind: 'container.started',
      subject: 'web',
      actor: null,
      text: `number ${number}`,
    });
  }
  const texts: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await nodes.listActivity({ nodeId, limit: 4, ...(cursor !== undefined && { cursor }) });
    texts.push(...page.items.map(({ text }) => text));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(new Set(texts).size).toBe(25);
  expect(texts).toHaveLength(25);
  const groups = texts.map((text) => Math.floor(Number(text.split(' ')[1]) / 5));
  expect(groups).toEqual([...groups].sort((left, right) => right - left));
  expect((await nodes.listRecentActivity(principal, 3)).map(({ text }) => text)).toEqual(texts.slice(0, 3));
});

test.each(['x', '', Buffer.from('2026-03-01T12:00:00.000Z no-id').toString('base64url'), 'A'.repeat(200)])(
  'the cursor %j, which no list gave out, is refused',
  async (cursor) => {
    await using context = await openNodes();
    const nodeId = await context.addNode('web-1');
    await expect(context.nodes.listActivity({ nodeId, limit: 4, cursor })).rejects.toMatchObject({
      code: 'bad_request',
    });
  },
);

test('the story of a node is bounded: the oldest entries go', async () => {
  await using context = await openNodes();
  const { nodes, database, clock } = context;
  const nodeId = await context.addNode('web-1');
  await database.db.execute(sql`
    INSERT INTO activity (id, node_id, at, kind, text)
    SELECT gen_random_uuid(), ${nodeId}, ${NOON}::timestamptz - n * interval '1 second', 'container.started', 'older'
    FROM generate_series(1, 10050) AS n`);
  clock.advance(1000);
  await nodes.recordActivity(nodeId, { kind: 'container.died', subject: null, actor: null, text: 'the newest' });
  expect(await database.db.$count(activity)).toBe(10_000);
  expect((await nodes.listRecentActivity(principal, 1))[0]?.text).toBe('the newest');
});

test('what the agent says about its machine is stored, and a change becomes part of the story', async () => {
  await using context = await openNodes();
  const { nodes } = context;
  const nodeId = await context.addNode('web-1');
  await nodes.touchFacts(nodeId, HELLO);
  expect(await nodes.get(principal, nodeId)).toMatchObject({ facts: FACTS, services: ['metrics', 'exec'] });
  expect((await nodes.listActivity({ nodeId, limit: 10 })).items).toEqual([]);
  await nodes.touchFacts(nodeId, { ...HELLO, facts: { ...FACTS, kernel: '6.12.1' } });
  expect((await nodes.listActivity({ nodeId, limit: 10 })).items).toMatchObject([
    { kind: 'node.facts_changed', text: `Kernel changed from ${FACTS.kernel} to 6.12.1` },
  ]);
});

test('a node that falls silent is told on the bus, and offline since its last sample', async () => {
  await using context = await openNodes();
  const { nodes, clock, bus, known } = context;
  const nodeId = await context.addNode('web-1');
  known.set(nodeId, reading(NOON));
  expect((await nodes.list(principal))[0]?.status.state).toBe('online');
  const told = Promise.withResolvers<string>();
  bus.subscribe('node.changed', (news) => told.resolve(news.nodeId));
  clock.advance(31_000);
  nodes.start();
  expect(await told.promise).toBe(nodeId);
  expect((await nodes.list(principal))[0]?.status).toEqual({
    state: 'offline',
    reason: 'Nothing heard for 31 seconds',
    since: NOON.toISOString(),
  });
});

test('a command runs on the node without a shell, and its two outputs and its end come back', async () => {
  await using context = await openNodes();
  const nodeId = await context.addNode('web-1');
  const never = new AbortController().signal;
  const sshd = await startSshd();
  const link = await openLabLink(sshd);
  try {
    context.linked.set(nodeId, link);
    const command = { argv: ['printf', '%s|', '$HOME', "it's", 'a b'], timeoutMs: 10_000 };
    expect(await context.nodes.exec(nodeId, command, never)).toEqual({
      exitCode: 0,
      signal: null,
      stdout: "$HOME|it's|a b|",
      stderr: '',
      truncated: false,
    });
    const failing = { argv: ['ls', '/nowhere/at/all'], timeoutMs: 10_000 };
    expect(await context.nodes.exec(nodeId, failing, never)).toMatchObject({
      exitCode: 2,
      stdout: '',
      truncated: false,
    });
    const flood = { argv: ['head', '-c', '3000000', '/dev/zero'], timeoutMs: 20_000 };
    const capped = await context.nodes.exec(nodeId, flood, never);
    expect(capped).toMatchObject({ exitCode: 0, truncated: true });
    expect(capped.stdout).toHaveLength(1024 * 1024);
    const slow = { argv: ['sleep', '30'], timeoutMs: 300 };
    await expect(context.nodes.exec(nodeId, slow, never)).rejects.toMatchObject({ code: 'timed_out' });
  } finally {
    link.close('the test ended');
    await sshd.stop();
  }
  context.linked.delete(nodeId);
  await expect(context.nodes.exec(nodeId, { argv: ['true'], timeoutMs: 1000 }, never)).rejects.toMatchObject({
    code: 'node_unreachable',
  });
});
