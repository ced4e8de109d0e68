import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openFaultProxy } from './tcp-proxy.ts';

/** Not `once`, which takes the error that comes first for its own. */
const untilClosed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

/** A server that echoes, and a client that reaches it through the proxy. */
const connectEcho = async () => {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await openFaultProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const client = connect(proxy.port, '127.0.0.1');
  onTestFinished(async () => {
    client.destroy();
    await proxy.close();
    server.close();
  });
  await once(client, 'connect');
  const chunks: Buffer[] = [];
  client.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  const received = () => Buffer.concat(chunks);
  const untilReceived = (bytes: number) => expect.poll(() => received().length, { timeout: 5000 }).toBe(bytes);
  return { proxy, client, chunks, received, untilReceived };
};

test('without a fault every byte arrives, and the end as well', async () => {
  const { client, received } = await connectEcho();
  const sent = Buffer.alloc(300_000, 'abc');
  client.end(sent);
  await once(client, 'end');
  expect(received().equals(sent)).toBe(true);
});

test('a delay holds up both directions', async () => {
  const { proxy, client, untilReceived } = await connectEcho();
  proxy.set({ delayMs: 100 });
  const startedAtMs = performance.now();
  client.write('x');
  await untilReceived(1);
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(195);
});

test('slices keep the bytes and tear the message', async () => {
  const { proxy, client, chunks, received, untilReceived } = await connectEcho();
  proxy.set({ sliceBytes: 3 });
  client.write('0123456789');
  await untilReceived(10);
  expect(received().toString()).toBe('0123456789');
  expect(chunks.length).toBeGreaterThan(1);
});

test('a limit slows down', async () => {
  const { proxy, client, untilReceived } = await connectEcho();
  proxy.set({ bytesPerSecond: 20_000 });
  const startedAtMs = performance.now();
  client.write(Buffer.alloc(4000));
  await untilReceived(4000);
  expect(performance.now() - startedAtMs).toBeGreaterThan(180);
});

test('a half-open connection takes bytes, answers nothing and does not end', async () => {
  const { proxy, client, received, untilReceived } = await connectEcho();
  proxy.set({ isHalfOpen: true });
  client.write('lost');
  await expect.poll(() => client.writableLength).toBe(0);
  expect(client.destroyed).toBe(false);
  expect(received().length).toBe(0);
  proxy.cut();
  await untilClosed(client);
  await untilReceived(0);
});

test('a cut resets what is open, and while it refuses nothing new gets through', async () => {
  const { proxy, client } = await connectEcho();
  proxy.set({ isRefusing: true });
  const closed = untilClosed(client);
  proxy.cut();
  await closed;
  const late = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
  await untilClosed(late);
  expect(proxy.openCount).toBe(0);
});
