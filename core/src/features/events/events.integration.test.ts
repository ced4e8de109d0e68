import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NodeId, SessionId, UserId } from '@serverbox/contract/ids';
import type { Permission } from '@serverbox/contract/permissions';
import { ALL_PERMISSIONS } from '@serverbox/contract/permissions';
import type { RunId } from '@serverbox/contract/runs';
import { expect, test, vi } from 'vitest';
import { createMemoryBus } from '../../lib/bus/memory-bus.ts';
import { systemClock } from '../../lib/clock.ts';
import { newId } from '../../lib/ids.ts';
import { silentLog } from '../../lib/log.ts';
import type { Principal } from '../../middleware/ports.ts';
import { createLiveFeed } from '../metrics/live.ts';
import { createEvents } from './service.ts';

const KEPT_CHARS = 65_536;
const NODE = newId<NodeId>();
const aPrincipal = (permissions: readonly Permission[] = ALL_PERMISSIONS): Principal => ({
  userId: newId<UserId>(),
  email: 'a@example.org',
  role: 'admin',
  permissions: new Set(permissions),
  sessionId: newId<SessionId>(),
});
const item = {
  id: newId<string>(),
  nodeId: NODE,
  nodeName: 'web-1',
  at: '2026-03-01T12:00:00.000Z',
  kind: 'container.died' as const,
  subject: '<b>web</b>\n\ndata: forged',
  actor: null,
  text: 'Container web stopped with exit code 137',
};

/** The live channel behind a real HTTP server; the principal of the next request is what the test set. */
const open = async () => {
  const bus = createMemoryBus(silentLog);
  const feed = createLiveFeed(silentLog);
  const watching = new Set<string>();
  const events = createEvents({
    clock: systemClock,
    log: silentLog,
    bus,
    metrics: {
      subscribe: feed.subscribe,
      watch: (nodeId) => {
        watching.add(nodeId);
        return () => watching.delete(nodeId);
      },
    },
    nodes: {
      find: async (_, nodeId) => (nodeId === NODE ? { id: NODE, name: 'web-1' } : undefined),
      listActivityById: async (ids) => (ids.includes(item.id) ? [item] : []),
    },
  });
  const state = { principal: aPrincipal() };
  const server = createServer((incoming, response) => {
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const topics = (url.searchParams.get('topics') ?? '').split(',');
    const lastEventId = url.searchParams.get('lastEventId') ?? undefined;
    events.serve({ principal: state.principal, topics, lastEventId, signal: closed.signal }, response).then(
      () => response.end(),
      (error: { code: string }) => response.writeHead(500).end(error.code),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const connect = async (topics: string, lastEventId?: string) => {
    const query = new URLSearchParams({ topics, ...(lastEventId !== undefined && { lastEventId }) });
    const outgoing = request({ port, host: '127.0.0.1', path: `/api/events?${query}`, agent: false }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      // Of a flood only the end is looked at.
      text = (text + chunk).slice(-KEPT_CHARS);
    });
    const until = (pattern: RegExp) =>
      vi.waitFor(() => expect(pattern.test(text)).toBe(true), { timeout: 30_000, interval: 5 });
    return { response, until, text: () => text, close: () => outgoing.destroy() };
  };
  const close = async (): Promise<void> => {
    events.close();
    await bus.close();
    server.closeAllConnections();
    server.close();
  };
  return { bus, feed, watching, events, state, connect, [Symbol.asyncDispose]: close };
};

test('news of the bus and of the ingest reach the browser as data lines with ids', async () => {
  await using context = await open();
  const { bus, feed } = context;
  const client = await context.connect(`nodes,containers,activity,metrics:${NODE}`);
  await client.until(/^id: [0-9a-f]{8}-0$/m);
  expect(client.response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  bus.publish('node.changed', { nodeId: NODE });
  bus.publish('node.linked', { nodeId: NODE });
  bus.publish('containers.changed', { nodeId: NODE, ids: [] });
  bus.publish('activity.added', { id: item.id });
  feed.tell({ type: 'host', nodeId: NODE, at: 1, values: [0.5, null] });
  await client.until(new RegExp(`"type":"nodes","ids":\\["${NODE}"\\]`));
  await client.until(/"type":"containers"/);
  await client.until(/"type":"host".*"values":\[0.5,null\]/);
  await client.until(/"type":"activity"/);
  // Text of a container cannot start an event of its own.
  expect(client.text()).not.toMatch(/^data: forged/m);
  expect(
    [...client.text().matchAll(/^data: (.*)$/gm)]
      .map(([, json]) => JSON.parse(json ?? ''))
      .filter(({ type }) => type === 'nodes'),
  ).toHaveLength(1);
});

test('listening to the metrics of a node is watching it, until the connection is gone', async () => {
  await using context = await open();
  const client = await context.connect(`metrics:${NODE}`);
  await client.until(/^id:/m);
  expect([...context.watching]).toEqual([NODE]);
  client.close();
  await vi.waitFor(() => expect(context.watching.size).toBe(0));
  expect(context.events.subscriberCount).toBe(0);
});

test('a fleet command that changes on many nodes is told once in a tick, to those who listen to runs', async () => {
  await using context = await open();
  const client = await context.connect('runs');
  await client.until(/^id:/m);
  const runId = newId<RunId>();
  const nodeIds = [newId<NodeId>(), newId<NodeId>()];
  for (const nodeId of [...nodeIds, ...nodeIds]) context.bus.publish('run.changed', { runId, nodeIds: [nodeId] });
  await client.until(/"type":"run"/);
  expect(
    client
      .text()
      .match(/^data: .*"type":"run".*$/gm)
      ?.map((line) => JSON.parse(line.slice(6))),
  ).toEqual([{ type: 'run', runId, nodeIds }]);
});

test('WS-10 a browser that reconnects goes on where it was', async () => {
  await using context = await open();
  const first = await context.connect('nodes');
  await first.until(/^id: (\S+)$/m);
  const [, id] = /^id: (\S+)$/m.exec(first.text()) ?? [];
  first.close();
  const witness = await context.connect('nodes');
  context.bus.publish('node.changed', { nodeId: NODE });
  await witness.until(/"type":"nodes"/);
  const second = await context.connect('nodes', id);
  await second.until(/"type":"nodes"/);
  expect(second.text()).not.toContain('resync');
});

test.each<[string, readonly Permission[], string]>([
  [`metrics:${newId()}`, ALL_PERMISSIONS, 'not_found'],
  [`metrics:${NODE}`, ['system.read'], 'forbidden'],
  ['nodes', ['system.read'], 'forbidden'],
  ['containers', ['system.read', 'nodes.read'], 'forbidden'],
  ['activity', ['system.read'], 'forbidden'],
  ['runs', ['system.read', 'nodes.read', 'nodes.exec'], 'forbidden'],
])('the topic %s is refused to whom it is not open', async (topic, permissions, code) => {
  await using context = await open();
  context.state.principal = aPrincipal(permissions);
  const client = await context.connect(topic);
  expect(client.response.statusCode).toBe(500);
  await client.until(new RegExp(`^${code}$`));
  expect(context.watching.size).toBe(0);
});

test('a revoked session is told so and its stream ends, others go on', async () => {
  await using context = await open();
  const { bus, state } = context;
  const { sessionId } = state.principal;
  const revoked = await context.connect('nodes');
  await revoked.until(/^id:/m);
  state.principal = aPrincipal();
  const other = await context.connect('nodes');
  await other.until(/^id:/m);
  const ended = once(revoked.response, 'end');
  bus.publish('session.revoked', { sessionId, reason: 'revoked by the user' });
  await ended;
  expect(revoked.text()).toContain('{"type":"signed_out","reason":"revoked by the user"}');
  bus.publish('node.changed', { nodeId: NODE });
  await other.until(/"type":"nodes"/);
});

test('a browser that stops reading costs a bounded backlog and starts anew when it reads again', async () => {
  await using context = await open();
  const { feed } = context;
  const slow = await context.connect(`metrics:${NODE}`);
  await slow.until(/^id:/m);
  slow.response.pause();
  const quick = await context.connect(`metrics:${NODE}`);
  await quick.until(/^id:/m);
  const before = process.memoryUsage().rss;
  const rows = Array.from(
    { length: 500 },
    (_, index) => [index.toString(16).padStart(12, '0'), [0.1, 1, null, 1, 1, 1, 1, 1]] as const,
  );
  let at = 0;
  const flood = setInterval(() => {
    for (let count = 0; count < 20; count += 1) {
      at += 1;
      feed.tell({ type: 'usage', nodeId: NODE, at, rows });
    }
  }, 50);
  await quick.until(/"at":1[1-9]\d\d,/);
  clearInterval(flood);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  expect(context.events.subscriberCount).toBe(2);
  slow.response.resume();
  await slow.until(/"type":"resync"/);
});

test('a thousand subscribers get every event', async () => {
  await using context = await open();
  const clients = await Promise.all(Array.from({ length: 1000 }, () => context.connect('nodes')));
  for (const client of clients) await client.until(/^id:/m);
  context.bus.publish('node.changed', { nodeId: NODE });
  for (const client of clients) await client.until(/"type":"nodes"/);
  for (const client of clients) client.close();
  await vi.waitFor(() => expect(context.events.subscriberCount).toBe(0), { timeout: 30_000 });
});
