// @vitest-environment node
import type { LiveEvent } from '@serverbox/contract/events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Live } from './live.ts';
import { createLive, DEBOUNCE_MS, HIDDEN_GRACE_MS } from './live.ts';
import { SILENCE_MS } from './live-stream.ts';

const NODE = '0190a000-0000-7000-8000-000000000001';

/** A stream that the test feeds: one entry per connection, in order. */
const aServer = () => {
  const connections: { url: URL; send: (text: string) => void; end: () => void; isAborted: () => boolean }[] = [];
  let status = 200;
  const fetch = async (url: string, { signal }: RequestInit): Promise<Response> => {
    if (status === 0) throw new TypeError('Failed to fetch');
    if (status !== 200) return new Response('', { status });
    let control: ReadableStreamDefaultController<Uint8Array> | undefined;
    const hold = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      control = controller;
    };
    const body = new ReadableStream<Uint8Array>({ start: hold });
    const stop = () => control?.error(new DOMException('aborted', 'AbortError'));
    signal?.addEventListener('abort', stop);
    connections.push({
      url: new URL(url, 'http://test.invalid'),
      send: (text) => control?.enqueue(new TextEncoder().encode(text)),
      end: () => control?.close(),
      isAborted: () => signal?.aborted === true,
    });
    return new Response(body, { status: 200 });
  };
  const answerWith = (next: number) => {
    status = next;
  };
  return { fetch, connections, answerWith };
};

let server: ReturnType<typeof aServer>;
let live: Live;

beforeEach(() => {
  vi.useFakeTimers();
  server = aServer();
  live = createLive({
    fetch: server.fetch,
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
    random: () => 1,
  });
  live.open();
});

afterEach(() => {
  live.close();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const topicsOf = (connection: number) => server.connections[connection]?.url.searchParams.get('topics');

test('components share one connection that carries the topics of all', async () => {
  live.subscribe(['nodes'], () => undefined);
  live.subscribe(['containers', 'nodes'], () => undefined);
  await pass(DEBOUNCE_MS);
  expect(server.connections).toHaveLength(1);
  expect(topicsOf(0)).toBe('containers,nodes');
  expect(live.state()).toBe('live');
});

test('an event reaches those who listen to its topic; a resync reaches everybody', async () => {
  const nodes: LiveEvent[] = [];
  const metrics: LiveEvent[] = [];
  live.subscribe(['nodes'], (event) => nodes.push(event));
  live.subscribe([`metrics:${NODE}`], (event) => metrics.push(event));
  await pass(DEBOUNCE_MS);
  server.connections[0]?.send(`id: 1\ndata: {"type":"nodes","ids":[]}\n\nid: 2\ndata: {"type":"resync"}\n\n`);
  server.connections[0]?.send(`id: 3\ndata: {"type":"host","nodeId":"${NODE}","at":1,"values":[]}\n\n`);
  await pass(0);
  expect(nodes.map(({ type }) => type)).toEqual(['nodes', 'resync']);
  expect(metrics.map(({ type }) => type)).toEqual(['resync', 'host']);
});

test('another topic reopens the stream after the last event, and a burst of changes reopens it once', async () => {
  live.subscribe(['nodes'], () => undefined);
  await pass(DEBOUNCE_MS);
  server.connections[0]?.send('id: 41\ndata: {"type":"nodes","ids":[]}\n\n');
  await pass(0);
  const stop = live.subscribe(['activity'], () => undefined);
  stop();
  live.subscribe(['containers'], () => undefined);
  live.subscribe(['activity'], () => undefined);
  await pass(DEBOUNCE_MS);
  expect(server.connections).toHaveLength(2);
  expect(topicsOf(1)).toBe('activity,containers,nodes');
  expect(server.connections[1]?.url.searchParams.get('lastEventId')).toBe('41');
  expect(server.connections[0]?.isAborted()).toBe(true);
});

test('the same topics again leave the stream alone', async () => {
  live.subscribe(['nodes'], () => undefined);
  await pass(DEBOUNCE_MS);
  live.subscribe(['nodes'], () => undefined)();
  await pass(DEBOUNCE_MS);
  expect(server.connections).toHaveLength(1);
});

test('a stream that ends is resumed, and the state says so meanwhile', async () => {
  live.subscribe(['nodes'], () => undefined);
  await pass(DEBOUNCE_MS);
  server.connections[0]?.end();
  await pass(0);
  expect(live.state()).toBe('reconnecting');
  await pass(500);
  expect(server.connections).toHaveLength(2);
  expect(live.state()).toBe('live');
});

test('a server that stays away is asked ever more rarely, at most every 30 s, and counts as offline', async () => {
  server.answerWith(0);
  const asked: number[] = [];
  const counting = createLive({
    fetch: (url, init) => {
      asked.push(Date.now());
      return server.fetch(url, init);
    },
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
    random: () => 1,
  });
  counting.open();
  counting.subscribe(['nodes'], () => undefined);
  await pass(DEBOUNCE_MS + 120_000);
  const gaps = asked.slice(1).map((at, i) => at - (asked[i] ?? 0));
  expect(gaps.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(counting.state()).toBe('offline');
  counting.close();
});

test('a tab in the background closes the stream after a grace, and resumes it on return', async () => {
  live.subscribe(['nodes'], () => undefined);
  await pass(DEBOUNCE_MS);
  server.connections[0]?.send('id: 9\ndata: {"type":"nodes","ids":[]}\n\n');
  await pass(0);
  live.setVisible(false);
  await pass(HIDDEN_GRACE_MS - 1);
  expect(live.state()).toBe('live');
  await pass(1);
  expect(live.state()).toBe('paused');
  expect(server.connections[0]?.isAborted()).toBe(true);
  await pass(600_000);
  expect(server.connections).toHaveLength(1);
  live.setVisible(true);
  await pass(0);
  expect(server.connections[1]?.url.searchParams.get('lastEventId')).toBe('9');
  expect(live.state()).toBe('live');
});

test('a quick glance at another tab does not interrupt anything', async () => {
  live.subscribe(['nodes'], () => undefined);
  await pass(DEBOUNCE_MS);
  live.setVisible(false);
  await pass(HIDDEN_GRACE_MS - 1);
  live.setVisible(true);
  await pass(HIDDEN_GRACE_MS);
  expect(server.connections).toHaveLength(1);
  expect(live.state()).toBe('live');
});

test('a half-open connection without a byte is given up; a comment is enough to keep it', async () => {
  live.subscribe(['nodes'], () => undefined);
  await pass(DEBOUNCE_MS);
  await pass(SILENCE_MS - 1);
  server.connections[0]?.send(': ping\n\n');
  await pass(SILENCE_MS - 1);
  expect(server.connections).toHaveLength(1);
  await pass(1 + 500);
  expect(server.connections).toHaveLength(2);
});

test('without a network nothing is tried, and the network coming back reconnects at once', async () => {
  live.subscribe(['nodes'], () => undefined);
  await pass(DEBOUNCE_MS);
  live.setOnline(false);
  expect(live.state()).toBe('offline');
  await pass(120_000);
  expect(server.connections).toHaveLength(1);
  live.setOnline(true);
  await pass(0);
  expect(server.connections).toHaveLength(2);
  expect(live.state()).toBe('live');
});

test('when nobody listens any more the stream is closed', async () => {
  const stop = live.subscribe(['nodes'], () => undefined);
  await pass(DEBOUNCE_MS);
  stop();
  await pass(DEBOUNCE_MS);
  expect(server.connections[0]?.isAborted()).toBe(true);
});

test('a damaged event does not end what comes after it', async () => {
  const seen: LiveEvent[] = [];
  live.subscribe(['nodes'], (event) => seen.push(event));
  await pass(DEBOUNCE_MS);
  server.connections[0]?.send('id: 1\ndata: {broken\n\n');
  await pass(500);
  expect(server.connections).toHaveLength(2);
  expect(server.connections[1]?.url.searchParams.get('lastEventId')).toBe('1');
});
