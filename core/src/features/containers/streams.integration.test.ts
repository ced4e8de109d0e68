import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { LogLine, MAX_LOG_LINE_BYTES } from '@serverbox/contract/containers';
import type { ContainerId } from '@serverbox/contract/ids';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../lib/clock.ts';
import { AppError } from '../../lib/errors.ts';
import { silentLog } from '../../lib/log.ts';
import type { RequestContext } from '../../middleware/ports.ts';
import { bridgePty } from '../terminal/service.ts';
import { createContainerStreams } from './streams.ts';
import { openContainers } from './testing.ts';

let open: Awaited<ReturnType<typeof openContainers>>;
let server: Server;

/** Serves the routes without the gate, which has tests of its own. */
const serveRoutes = async () => {
  const { streams, sockets } = createContainerStreams({
    engines: open.containers.engines,
    clock: systemClock,
    log: silentLog,
    recordActivity: async (_nodeId, activity) => void open.activities.push(activity),
    bridgePty,
  });
  const [logs] = streams;
  const [shell] = sockets;
  const requestOf = (url: string | undefined, signal: AbortSignal) => {
    const { searchParams, pathname } = new URL(url ?? '/', 'http://x');
    const given = { ...Object.fromEntries(searchParams), nodeId: open.node.id, containerId: pathname.slice(1) };
    return { ctx: {} as RequestContext, principal: open.principal, node: open.node, signal, given };
  };
  const lifetime = (closing: { once(event: 'close', listener: () => void): unknown }) => {
    const controller = new AbortController();
    closing.once('close', () => controller.abort());
    return controller.signal;
  };
  server = createServer((request, response) => {
    const { given, ...rest } = requestOf(request.url, lifetime(response));
    logs?.serve({ ...rest, input: logs.input.parse(given) }, response).catch((error: unknown) => {
      if (response.headersSent) return response.destroy();
      response.statusCode = error instanceof AppError ? error.status : 500;
      return response.end(String(error));
    });
  });
  const upgrades = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      const { given, ...rest } = requestOf(request.url, lifetime(webSocket));
      shell?.connect({ ...rest, input: shell.input.parse(given) }, webSocket).then(
        () => webSocket.close(1000),
        (error: unknown) => webSocket.close(1011, error instanceof AppError ? error.code : 'internal'),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
};

beforeEach(async () => {
  open = await openContainers('sb-streams');
  await serveRoutes();
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await open.close();
});

const address = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
const ask = async (id: ContainerId, query = ''): Promise<IncomingMessage> => {
  const request = get(`http://${address()}/${id}${query}`);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
};
const linesIn = (body: string): LogLine[] =>
  body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => LogLine.parse(JSON.parse(line)));
const exited = (id: ContainerId) => open.docker.engine.call('POST', `/containers/${id}/wait`);

test('a log is JSON lines with stream, time and text', async () => {
  const id = await open.docker.run(['sh', '-c', 'printf "\\033[31mred\\007\\n"; echo two >&2']);
  await exited(id);
  const response = await ask(id);
  expect(response.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
  const lines = linesIn(await text(response));
  expect(lines.map(({ stream, text: words }) => [stream, words]).sort()).toEqual([
    ['stderr', 'two'],
    ['stdout', '\u001b[31mred\u0007'],
  ]);
});

test('relative times count by the clock of the engine', async () => {
  const id = await open.docker.run(['echo', 'now']);
  await exited(id);
  expect(linesIn(await text(await ask(id, '?since=15m')))).toHaveLength(1);
  expect(linesIn(await text(await ask(id, '?until=15m')))).toHaveLength(0);
});

test('IN-12 a download keeps every byte and has a name that is safe in a header', async () => {
  const id = await open.docker.run(['sh', '-c', 'printf "\\033[31mred\\r\\n"; head -c 100000 /dev/zero | tr "\\0" x']);
  await exited(id);
  const response = await ask(id, '?download=true&timestamps=false');
  expect(response.headers['content-disposition']).toMatch(/^attachment; filename="sb-streams-[\da-f-]+\.log"$/);
  expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(await text(response)).toBe(`\u001b[31mred\r\n${'x'.repeat(100_000)}`);
  const withTimes = await text(await ask(id, '?download=true'));
  expect(withTimes.match(/\d{4}-\d\d-\d\dT/g)).toHaveLength(2);
});

test('a log of a container that is not there is an answer, not a broken stream', async () => {
  expect((await ask('f'.repeat(64) as ContainerId)).statusCode).toBe(404);
});

test('a follower hears lines as they come and frees the engine when it leaves', async () => {
  const id = await open.docker.run(['sh', '-c', 'while true; do echo tick; sleep 0.1; done']);
  for (let n = 0; n < 10; n += 1) {
    const response = await ask(id, '?follow=true&tail=0');
    await once(response, 'data');
    response.destroy();
  }
  // The few connections of short requests, as many of the watcher, and the one of the events.
  await expect.poll(() => open.docker.connection.openCount()).toBeLessThanOrEqual(9);
});

const FLOOD = ['sh', '-c', 'yes "a line of a flood that is far faster than anybody can read it, for ever and ever"'];

/** Follows a log and counts what comes of it. */
const follow = async (id: ContainerId) => {
  const response = await ask(id, '?follow=true&tail=10');
  const got = { bytes: 0, dropped: 0, leave: () => response.destroy() };
  let pending = '';
  response.on('data', (chunk: Buffer) => {
    got.bytes += chunk.length;
    const parts = (pending + chunk.toString()).split('\n');
    pending = parts.pop() ?? '';
    for (const part of parts) got.dropped += (JSON.parse(part) as LogLine).dropped ?? 0;
  });
  return got;
};

test('SC-3 five followers of a flood get its lines at a bounded pace, with the count of those left out', async () => {
  const id = await open.docker.run(FLOOD);
  const rssBefore = process.memoryUsage().rss;
  const followers = await Promise.all(Array.from({ length: 5 }, () => follow(id)));
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const seconds = (performance.now() - began) / 1000;
  for (const { leave } of followers) leave();
  const MB = 1024 * 1024;
  for (const { bytes, dropped } of followers) {
    // The burst, the pace, and a chunk beyond.
    expect(bytes).toBeLessThan(MB + (seconds * MB) / 4 + MB / 2);
    expect(dropped).toBeGreaterThan(100);
  }
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(128 * MB);
}, 30_000);

test('WS-6 a follower that stops reading a flood costs neither memory nor the others their answers', async () => {
  const id = await open.docker.run(FLOOD);
  const response = await ask(id, '?follow=true&tail=10');
  await once(response, 'data');
  response.pause();
  const rssBefore = process.memoryUsage().rss;
  const waits: number[] = [];
  for (let n = 0; n < 40; n += 1) {
    const began = performance.now();
    await open.containers.list(open.principal, open.node.id);
    waits.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(32 * 1024 * 1024);
  expect(waits.sort((a, b) => a - b)[38]).toBeLessThan(100);
  const resumed = new Promise<number>((resolve) => {
    let pending = '';
    response.on('data', (chunk: Buffer) => {
      pending += chunk.toString();
      const found = /"dropped":(\d+)/.exec(pending);
      if (found !== null) resolve(Number(found[1]));
    });
  });
  response.resume();
  expect(await resumed).toBeGreaterThan(0);
  response.destroy();
}, 30_000);

test('SC-3 a line of 10 MB arrives cut', async () => {
  const id = await open.docker.run(['sh', '-c', 'head -c 10485760 /dev/zero | tr "\\0" x; echo']);
  await exited(id);
  const [line] = linesIn(await text(await ask(id)));
  expect({ length: line?.text.length, cut: line?.cut }).toEqual({ length: MAX_LOG_LINE_BYTES, cut: true });
});

const processesOf = async (id: ContainerId): Promise<number> => {
  const { Processes } = (await open.docker.engine.call('GET', `/containers/${id}/top`)) as { Processes: unknown[] };
  return Processes.length;
};

test('WS-7 clients of container shells that die abruptly leave no process and no connection behind', async () => {
  const id = await open.docker.run(['sleep', '600']);
  await open.containers.list(open.principal, open.node.id);
  const before = open.docker.connection.openCount();
  for (let n = 0; n < 5; n += 1) {
    const socket = new WebSocket(`ws://${address()}/${id}?cols=90&rows=20`);
    await once(socket, 'message');
    socket.send(Buffer.from('sleep 999\n'));
    await once(socket, 'message');
    socket.terminate();
  }
  await expect.poll(() => processesOf(id), { timeout: 8000 }).toBe(1);
  await expect.poll(() => open.docker.connection.openCount(), { timeout: 8000 }).toBeLessThanOrEqual(before + 4);
});

test('a client that leaves while its shell is being started leaves none behind', async () => {
  const id = await open.docker.run(['sleep', '600']);
  const socket = new WebSocket(`ws://${address()}/${id}`);
  await once(socket, 'open');
  socket.terminate();
  await new Promise((resolve) => setTimeout(resolve, 500));
  await expect.poll(() => processesOf(id), { timeout: 8000 }).toBe(1);
});

test('a shell in a container that does not run is refused with the code', async () => {
  const id = await open.docker.create(['sleep', '600']);
  const socket = new WebSocket(`ws://${address()}/${id}`);
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  expect([code, String(reason)]).toEqual([1011, 'conflict']);
});
