/** Machines that report, over HTTP: who may, what is taken, and what becomes of it. */
import { gzipSync } from 'node:zlib';
import { MASK } from '@serverbox/contract/containers';
import { MAX_PUSH_BYTES, PUSH_STALE_MS } from '@serverbox/contract/push';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { nodes } from '../../schema/nodes.ts';
import { pushReports } from '../../schema/push.ts';
import type { PushInstallation } from './testing.ts';
import { aContainer, openPush } from './testing.ts';

let open: PushInstallation;
beforeEach(async () => {
  open = await openPush();
});
afterEach(() => open.close());

const Refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }).optional() });

const send = async (body: NonNullable<RequestInit['body']>, headers: Record<string, string>, query = '') => {
  const request = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } };
  const response = await fetch(`${open.url}/api/agents/docker/report${query}`, request);
  return { status: response.status, code: Refusal.parse(await response.json()).error?.code };
};
const addHost = async (name: string) => {
  const { nodeId, setup } = await open.push.createHost(name, 'https://box.example.org');
  const report = (more: Record<string, unknown> = {}) => ({
    hostId: setup.hostId,
    hostname: name,
    agentVersion: '1',
    reportedAt: open.clock.now().toISOString(),
    containers: [aContainer()],
    ...more,
  });
  const auth = { authorization: `Bearer ${setup.token}` };
  return { nodeId, setup, auth, report, post: (more = {}) => send(JSON.stringify(report(more)), auth) };
};
const storedOf = async (nodeId: string) => {
  const [row] = await open.database.db.select().from(pushReports).where(eq(pushReports.nodeId, nodeId));
  return row;
};

test('while nothing reports here the endpoint is off; afterwards a wrong token is refused like none', async () => {
  expect(await send('{}', {})).toEqual({ status: 503, code: 'push_disabled' });
  await addHost('web-1');
  for (const authorization of ['', 'Bearer x', `Bearer sbn_${'a'.repeat(51)}`]) {
    expect(await send('{}', { authorization })).toEqual({ status: 401, code: 'unauthenticated' });
  }
});

test('a report is kept as the newest, and shows in lists with its age', async () => {
  const { nodeId, setup, post } = await addHost('Web 1');
  expect(setup.hostId).toMatch(/^web-1-[0-9a-f]{6}$/);
  expect(open.push.listHosts().items).toEqual([]);
  expect(open.push.wayOf({ id: nodeId })).toMatchObject({
    state: 'down',
    text: expect.stringContaining('not reported'),
  });
  expect(open.push.view(nodeId)).toMatchObject({ rows: undefined, isStale: true });
  expect((await post()).status).toBe(200);
  expect(open.push.listHosts().items).toEqual([
    {
      hostId: setup.hostId,
      hostname: 'Web 1',
      receivedAt: '2026-03-01T12:00:00.000Z',
      containerCount: 1,
      stale: false,
    },
  ]);
  expect(open.push.wayOf({ id: nodeId })).toMatchObject({ way: 'push', state: 'up' });
  const view = open.push.view(nodeId);
  expect(view?.rows?.[0]).toMatchObject({ name: 'web', project: 'shop', usage: { cpuCores: 1.5, pids: null } });
  expect(await open.push.findDetail(nodeId, 'a'.repeat(64))).toMatchObject({ value: { entrypoint: null, tty: null } });
  expect((await open.push.getContainer({ hostId: setup.hostId, containerId: 'a'.repeat(64) })).name).toBe('web');
  open.clock.advance(PUSH_STALE_MS + 1);
  expect(open.push.listHosts().items[0]).toMatchObject({ stale: true });
  expect(open.push.wayOf({ id: nodeId })).toMatchObject({ state: 'down', since: '2026-03-01T12:00:00.000Z' });

  const later = open.restart();
  await later.start();
  expect(later.view(nodeId)).toMatchObject({ isStale: true, observedAt: new Date('2026-03-01T12:00:00.000Z') });
  expect(later.view(nodeId)?.rows).toHaveLength(1);
  later.stop();
});

test('AG-6 a report that was captured and comes again is neither stored nor makes the machine look alive', async () => {
  const { nodeId, report, auth, post } = await addHost('web-1');
  const captured = JSON.stringify(report({ containers: [] }));
  expect((await send(captured, auth)).status).toBe(200);
  open.clock.advance(30_000);
  expect((await post()).status).toBe(200);
  open.clock.advance(PUSH_STALE_MS + 1);
  expect(await send(captured, auth)).toEqual({ status: 409, code: 'conflict' });
  expect(open.push.view(nodeId)).toMatchObject({ isStale: true, rows: [{ name: 'web' }] });
  expect((await storedOf(nodeId))?.receivedAt).toEqual(new Date('2026-03-01T12:00:30.000Z'));
  const ahead = new Date(open.clock.now().getTime() + 6 * 60_000).toISOString();
  expect(await post({ reportedAt: ahead })).toEqual({ status: 400, code: 'bad_request' });
});

test('AG-1 the token of one machine says nothing about another, wherever the other is named', async () => {
  const one = await addHost('web-1');
  const two = await addHost('web-2');
  const asOther = JSON.stringify(one.report({ hostId: two.setup.hostId }));
  expect(await send(asOther, one.auth)).toEqual({ status: 403, code: 'forbidden' });
  const own = JSON.stringify(one.report());
  for (const attempt of [
    () => send(own, one.auth, `?nodeId=${two.nodeId}`),
    () => send(own, { ...one.auth, 'x-node-id': two.nodeId }),
    () => send(JSON.stringify(one.report({ nodeId: two.nodeId })), one.auth),
  ]) {
    expect(await attempt()).toEqual({ status: 403, code: 'forbidden' });
  }
  expect(open.denied.map(({ action, actor }) => `${action} ${actor}`)).toEqual(
    Array.from({ length: 4 }, () => `node.foreign_name node:${one.nodeId}`),
  );
  expect(await storedOf(two.nodeId)).toMatchObject({ report: null, receivedAt: null });
});

describe('AG-7 what is too much or not a report', () => {
  test('is refused by its size before it is read whole, and by its form', async () => {
    const { auth, post, report } = await addHost('web-1');
    expect((await send('x'.repeat(MAX_PUSH_BYTES + 1), auth)).status).toBe(413);
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024).fill(32)),
    });
    const request = {
      method: 'POST',
      body: endless,
      duplex: 'half',
      headers: { ...auth, 'content-type': 'application/json' },
    };
    const answer = await fetch(`${open.url}/api/agents/docker/report`, request as RequestInit).catch(() => undefined);
    expect([413, undefined]).toContain(answer?.status);
    const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
    expect((await send(bomb, { ...auth, 'content-encoding': 'gzip' })).status).toBe(400);
    const bodies = [
      '',
      '[]',
      'null',
      '{"a":',
      '['.repeat(10_000),
      `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      JSON.stringify(report({ hostId: '..' })),
      JSON.stringify(report({ extra: 1 })),
      JSON.stringify(report({ containers: [aContainer({ labels: { x: 'y'.repeat(5000) } })] })),
      JSON.stringify(
        report({
          containers: [aContainer({ labels: Object.fromEntries(Array.from({ length: 600 }, (_, n) => [n, ''])) })],
        }),
      ),
    ];
    for (const body of bodies) expect((await send(body, auth)).status).toBe(400);
    expect((await post()).status).toBe(200);
  });

  test('costs little, even when it is a million wrong items', async () => {
    const { auth, report } = await addHost('web-1');
    const many = `[${'{},'.repeat(2_000_000)}{}]`;
    const wide = JSON.stringify(report()).replace(/"containers":\[.*\]/, `"containers":${many}`);
    const deep = JSON.stringify(report()).replace(/"env":\[[^\]]*\]/, `"env":${many}`);
    const before = process.cpuUsage();
    for (const body of [wide, deep]) expect((await send(body, auth)).status).toBe(400);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(4);
  });
});

test('SE-2 secrets that a script let through are masked before they are stored', async () => {
  const { nodeId, post } = await addHost('web-1');
  const canary = 'kV9tQ2mZ7xL4pR8sW3nB6';
  const leaking = aContainer({
    env: [
      { key: 'DB_PASSWORD', value: 'hunter22' },
      { key: 'DATABASE_URL', value: `postgres://app:${canary}@db/app` },
      { key: 'OPAQUE', value: canary },
    ],
    command: `app --password hunter22 --url https://u:${canary}@h/`,
    labels: { 'com.example.token': canary, note: `see ${canary}` },
  });
  expect((await post({ containers: [leaking] })).status).toBe(200);
  const stored = JSON.stringify(await storedOf(nodeId));
  expect(stored).toContain(MASK);
  expect(stored).not.toContain(canary);
  expect(stored).not.toContain('hunter22');
  expect(open.logged.join()).not.toContain(canary);
});

test('text that no database takes is taken without it', async () => {
  const { nodeId, post } = await addHost('web-1');
  expect((await post({ containers: [aContainer({ name: 'a\0b\ud800', labels: { 'k\0': '\udc00' } })] })).status).toBe(
    200,
  );
  expect(open.push.view(nodeId)?.rows?.[0]?.name).toBe('ab\ufffd');
});

test('AG-4 a replaced token holds for ten more minutes, a revoked one for none', async () => {
  const { nodeId, post, report } = await addHost('web-1');
  const setup = await open.push.issueToken({ id: nodeId, name: 'renamed' }, 'https://box.example.org');
  expect(setup.hostId).toBe(report().hostId);
  expect((await post()).status).toBe(200);
  open.clock.advance(1000);
  const renewed = () => send(JSON.stringify(report()), { authorization: `Bearer ${setup.token}` });
  expect((await renewed()).status).toBe(200);
  await open.push.revokeTokens(nodeId);
  expect((await post()).status).toBe(503);
  await addHost('web-2');
  expect((await post()).status).toBe(401);
  expect((await renewed()).status).toBe(401);
  await expect(open.push.revokeTokens(nodeId)).rejects.toMatchObject({ code: 'not_found' });
});

test('a node that was removed takes its reports and its token along', async () => {
  const { nodeId, post } = await addHost('web-1');
  await addHost('web-2');
  await post();
  await open.database.db.delete(nodes).where(eq(nodes.id, nodeId));
  open.push.forget(nodeId);
  expect((await post()).status).toBe(401);
  expect(open.push.listHosts().items).toEqual([]);
});

test('the commands hold the token once, and never as a word of a command line', async () => {
  const { setup } = await addHost('web-1');
  const { install, cron, systemd } = setup.commands;
  expect(install.split(setup.token)).toHaveLength(2);
  expect(install.indexOf(setup.token)).toBeGreaterThan(install.indexOf("<<'EOF'"));
  expect(cron + systemd).not.toContain(setup.token);
});
