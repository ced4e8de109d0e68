import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { openWebSocketDuplex } from './websocket-duplex.ts';

const MIB = 1024 * 1024;
const servers: WebSocketServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

const openPair = async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: MIB, perMessageDeflate: false });
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
  await new Promise((resolve) => client.once('open', resolve));
  const socket = await accepted;
  return { ours: openWebSocketDuplex(socket), socket, client };
};

test('bytes arrive whole and in order in both directions', async () => {
  const { ours, client } = await openPair();
  const theirs = openWebSocketDuplex(client);
  theirs.pipe(theirs);
  const sent = createHash('sha256');
  const received = createHash('sha256');
  let count = 0;
  ours.on('data', (chunk: Buffer) => {
    received.update(chunk);
    count += chunk.length;
  });
  for (let i = 0; i < 40; i += 1) {
    const block = randomBytes(100_000 + i);
    sent.update(block);
    if (!ours.write(block)) await new Promise((resolve) => ours.once('drain', resolve));
  }
  await expect.poll(() => count, { timeout: 10_000 }).toBe(40 * 100_000 + 780);
  expect(received.digest('hex')).toBe(sent.digest('hex'));
});

test('an unread stream holds up the sender instead of buffering', async () => {
  const { ours, client } = await openPair();
  const block = Buffer.alloc(64 * 1024);
  for (let i = 0; i < 1024; i += 1) client.send(block);
  await delay(300);
  expect(ours.readableLength).toBeLessThanOrEqual(2 * MIB);
  expect(client.bufferedAmount).toBeGreaterThan(32 * MIB);
  let count = 0;
  ours.on('data', (chunk: Buffer) => {
    count += chunk.length;
  });
  await expect.poll(() => count, { timeout: 10_000 }).toBe(64 * MIB);
});

test('a peer that does not read holds up our writer', async () => {
  const { ours, socket, client } = await openPair();
  client.pause();
  const block = Buffer.alloc(64 * 1024);
  while (ours.write(block));
  for (let i = 0; i < 100 && ours.writableNeedDrain; i += 1) {
    await delay(5);
    while (!ours.writableNeedDrain && ours.write(block));
  }
  expect(ours.writableNeedDrain).toBe(true);
  expect(socket.bufferedAmount + ours.writableLength).toBeLessThan(2 * MIB);
});

test('ending the stream closes the socket, and the end of the socket ends the stream', async () => {
  const { ours, client } = await openPair();
  const closed = new Promise((resolve) => client.once('close', resolve));
  ours.end('last words');
  expect(await closed).toBe(1000);

  const second = await openPair();
  second.ours.resume();
  const ended = new Promise((resolve) => second.ours.once('close', resolve));
  second.client.terminate();
  await ended;
});

test('destroying the stream cuts the socket', async () => {
  const { ours, client } = await openPair();
  const closed = new Promise((resolve) => client.once('close', resolve));
  ours.destroy();
  expect(await closed).toBe(1006);
});

test('WS-5 a text message and a message past the limit end the connection', async () => {
  const text = await openPair();
  const failed = new Promise<Error>((resolve) => text.ours.once('error', resolve));
  text.client.send('hello');
  expect((await failed).message).toBe('the peer sent a text message');

  const large = await openPair();
  large.ours.on('error', () => undefined);
  const closed = new Promise((resolve) => large.client.once('close', resolve));
  large.client.send(Buffer.alloc(MIB + 1));
  expect(await closed).toBe(1009);
});

test('a peer that pings and reads nothing cannot pile up our answers', async () => {
  const { ours, client } = await openPair();
  const closed = new Promise((resolve) => ours.once('close', resolve));
  ours.resume();
  client.pause();
  for (let i = 0; i < 20_000; i += 1) client.ping(Buffer.alloc(125));
  await closed;
});
