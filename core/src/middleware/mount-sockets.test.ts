import { once } from 'node:events';
import { CLOSE_UNAUTHENTICATED, MAX_TERMINAL_FRAME_BYTES } from '@serverbox/contract/terminal';
import { afterEach, beforeEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import { newId } from '../lib/ids.ts';
import type { Principal } from './ports.ts';
import { MAX_STREAMS_PER_NODE, MAX_STREAMS_PER_USER } from './streams.ts';
import { aPrincipal, NODE, openSurface } from './testing/surface.ts';

let surface: Awaited<ReturnType<typeof openSurface>>;
let principals: Map<string, Principal>;
const admin = aPrincipal();

beforeEach(async () => {
  principals = new Map([
    ['admin', admin],
    ['reader', aPrincipal(['nodes.read'])],
  ]);
  surface = await openSurface(principals);
});
afterEach(() => surface.stop());

const dial = (given: { token?: string; cookie?: string; origin?: string; path?: string } = {}) =>
  new WebSocket(`${surface.url.replace('http', 'ws')}${given.path ?? `/api/nodes/${NODE.id}/shell`}`, {
    headers: {
      ...(given.token && { authorization: `Bearer ${given.token}` }),
      ...(given.cookie && { cookie: `serverbox_access=${given.cookie}` }),
      ...(given.origin && { origin: given.origin }),
    },
  });
/** The status of the answer to an upgrade: 101 when it was admitted. */
const refusal = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => {
    const answered = (status: number) => {
      resolve(status);
      socket.terminate();
    };
    socket.on('error', () => undefined); // "closed before the connection was established": what is expected here
    socket.once('unexpected-response', (_, response) => answered(response.statusCode ?? 0));
    socket.once('open', () => answered(101));
  });
const opened = async (socket: WebSocket): Promise<WebSocket> => {
  await once(socket, 'open');
  return socket;
};
const closeCode = async (socket: WebSocket): Promise<number> => ((await once(socket, 'close')) as [number])[0];

test('a session runs between its intent and its outcome', async () => {
  const socket = await opened(dial({ token: 'admin' }));
  socket.send('hello');
  await once(socket, 'message');
  expect(surface.audit).toMatchObject([{ phase: 'intent', action: 'test.shell', target: `node:${NODE.id}` }]);
  socket.close();
  await expect.poll(() => surface.audit[1]).toMatchObject({ phase: 'ok', details: { messages: 1 } });
  await expect.poll(() => surface.streams.count).toBe(0);
});

test.each([
  [{}, 401],
  [{ token: 'unknown' }, 401],
  [{ path: '/api/nodes/x/shell' }, 401],
  [{ token: 'reader' }, 403],
  [{ token: 'admin', path: `/api/nodes/${newId()}/shell` }, 404],
  [{ token: 'admin', path: '/api/nodes/x/shell' }, 400],
  [{ token: 'admin', path: '/api/other' }, 404],
  [{ token: 'admin', path: `/api/nodes/${NODE.id}/shell?extra=1` }, 400],
])('WS-2 %o is refused before the upgrade with %i', async (given, status) => {
  expect(await refusal(dial(given))).toBe(status);
});

test.each([
  undefined,
  'null',
  'http://evil.example',
  'http://127.0.0.1',
  'https://127.0.0.1:1',
  'http://sub.127.0.0.1:1',
])('WS-1 a cookie with origin %s is refused before the upgrade', async (origin) => {
  expect(await refusal(dial({ cookie: 'admin', ...(origin !== undefined && { origin }) }))).toBe(403);
  expect(surface.audit).toEqual([]);
});

test('WS-1 a cookie with our own origin is admitted', async () => {
  const socket = await opened(dial({ cookie: 'admin', origin: surface.url }));
  socket.close();
});

test('WS-3 who opens the address of my stream gets a refusal or a stream of their own, and mine is not disturbed', async () => {
  principals.set('other', aPrincipal());
  const mine = await opened(dial({ token: 'admin' }));
  const heard: string[] = [];
  mine.on('message', (data) => heard.push(String(data)));

  expect(await refusal(dial({ token: 'reader' }))).toBe(403);
  const theirs = await opened(dial({ token: 'other' }));
  const heardByThem: string[] = [];
  theirs.on('message', (data) => heardByThem.push(String(data)));
  mine.send('mine');
  theirs.send('theirs');
  await expect.poll(() => [heard, heardByThem]).toEqual([['mine'], ['theirs']]);
  const closed = closeCode(theirs);
  surface.streams.closeUser(principals.get('other')?.userId ?? '');
  expect(await closed).toBe(CLOSE_UNAUTHENTICATED);

  mine.send('still mine');
  await expect.poll(() => heard).toEqual(['mine', 'still mine']);
  const actors = surface.audit.map(({ phase }) => phase);
  expect(actors).toEqual(expect.arrayContaining(['intent', 'denied', 'intent']));
  mine.close();
});

test('WS-4 the end of a session closes its sockets with 4401 and frees the slots', async () => {
  const socket = await opened(dial({ token: 'admin' }));
  const closed = closeCode(socket);
  surface.streams.closeSession(admin.sessionId);
  expect(await closed).toBe(CLOSE_UNAUTHENTICATED);
  await expect.poll(() => surface.streams.count).toBe(0);
});

test('WS-4 the sweep finds a session that ended without a message', async () => {
  const socket = await opened(dial({ token: 'admin' }));
  const closed = closeCode(socket);
  await surface.streams.sweep(async (id) => (id === admin.sessionId ? undefined : admin));
  expect(await closed).toBe(CLOSE_UNAUTHENTICATED);
});

test.each([
  ['a frame over the limit', MAX_TERMINAL_FRAME_BYTES + 1, 1009],
  ['a hundred megabytes', 100 * 1024 * 1024, 1009],
])('WS-5 %s closes with the right code', async (_, bytes, code) => {
  const socket = await opened(dial({ token: 'admin' }));
  socket.on('error', () => undefined); // the reset while we still write is expected
  const closed = closeCode(socket);
  socket.send(Buffer.alloc(bytes));
  expect([code, 1006]).toContain(await closed);
  await expect.poll(() => surface.streams.count).toBe(0);
});

test('WS-5 text that is no UTF-8 closes with 1007', async () => {
  const socket = await opened(dial({ token: 'admin' }));
  const closed = closeCode(socket);
  socket.send(Buffer.from([0xc3, 0x28]), { binary: false });
  expect(await closed).toBe(1007);
});

test('WS-8 streams are capped per user, and a closed one frees its slot', async () => {
  const sockets = await Promise.all(
    Array.from({ length: MAX_STREAMS_PER_USER }, () => opened(dial({ token: 'admin' }))),
  );
  expect(await refusal(dial({ token: 'admin' }))).toBe(429);
  sockets[0]?.terminate();
  await expect.poll(() => surface.streams.count).toBe(MAX_STREAMS_PER_USER - 1);
  await opened(dial({ token: 'admin' }));
});

test('WS-8 streams are capped per node', async () => {
  const users = Array.from({ length: 3 }, (_, index) => `user-${index}`);
  for (const user of users) principals.set(user, aPrincipal());
  const perUser = Array.from({ length: MAX_STREAMS_PER_NODE / 2 }, (_, index) => users[index % 2] ?? '');
  await Promise.all([...perUser, ...perUser].slice(0, MAX_STREAMS_PER_NODE).map((token) => opened(dial({ token }))));
  expect(await refusal(dial({ token: 'user-2' }))).toBe(429);
});

test('WS-7 abrupt death of 200 clients leaves no slot behind', async () => {
  for (let round = 0; round < 10; round += 1) {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => opened(dial({ token: 'admin' }))));
    for (const socket of sockets) socket.terminate();
    await expect.poll(() => surface.streams.count).toBe(0);
  }
  await expect.poll(() => surface.audit.filter(({ phase }) => phase === 'ok').length).toBe(200);
});

test('a stream of events ends when its session does', async () => {
  const response = await fetch(`${surface.url}/api/nodes/${NODE.id}/ticks`, {
    headers: { authorization: 'Bearer admin' },
  });
  const reader = response.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('tick\n');
  surface.streams.closeSession(admin.sessionId);
  expect((await reader?.read())?.done).toBe(true);
  await expect.poll(() => surface.streams.count).toBe(0);
});

test('a stream refuses like a procedure', async () => {
  const status = async (token: string, nodeId: string = NODE.id) =>
    (await fetch(`${surface.url}/api/nodes/${nodeId}/ticks`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await status('unknown')).toBe(401);
  expect(await status('unknown', 'x')).toBe(401);
  expect(await status('admin', 'x')).toBe(400);
  expect(await status('reader')).toBe(403);
});
