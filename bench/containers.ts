/**
 * A thousand containers: how soon they are listed, how soon a change is seen, what watching them asks of the
 * engine, and what a container that floods its log costs everybody else.
 */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { connectEngine } from '../lab/engine.ts';
import { openCountingSocket } from './containers/counting-socket.ts';
import { createContainer, createContainers, openBenchEngine } from './containers/engine.ts';
import { measureFlood } from './containers/flood.ts';
import type { Bench, BenchOptions } from './lib/bench.ts';
import { listenLive } from './lib/events.ts';
import type { Figure } from './lib/figure.ts';
import { interleave } from './lib/interleave.ts';
import type { Product } from './lib/product.ts';
import { startProduct } from './lib/product.ts';
import { median, summarize } from './lib/statistics.ts';

const LIST = '/containers/json?all=1';
const CHANGE_TIMEOUT_MS = 10_000;

interface List {
  items: unknown[];
}

/** The engine's own list on a connection that stays open, parsed like ours. */
const openRawList = (socketPath: string) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const list = async (): Promise<unknown[]> => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ socketPath, agent, path: LIST, headers: { host: 'docker' } }, resolve)
        .once('error', reject)
        .end();
    });
    return JSON.parse(await text(answer));
  };
  return { list, close: () => agent.destroy() };
};

const timeOf = async (work: () => Promise<number>, expected: number): Promise<number> => {
  const startedAt = performance.now();
  const count = await work();
  const tookMs = performance.now() - startedAt;
  if (count !== expected) throw new Error(`${count} containers were listed, ${expected} are there`);
  return tookMs;
};

const measureLists = async (
  { client, nodeId }: Product,
  socketPath: string,
  count: number,
  rounds: number,
): Promise<Figure[]> => {
  const raw = openRawList(socketPath);
  const input = encodeURIComponent(JSON.stringify({ nodeId }));
  const targets = {
    rest: async () => (await client.get<List>(`/api/nodes/${nodeId}/containers`)).items.length,
    trpc: async () =>
      (await client.get<{ result: { data: List } }>(`/trpc/docker.containers.list?input=${input}`)).result.data.items
        .length,
    raw: async () => (await raw.list()).length,
  };
  const names = ['rest', 'trpc', 'raw'] as const;
  for (const name of names) for (let warm = 0; warm < 5; warm += 1) await targets[name]();
  const times = await interleave(names, rounds, (name) => timeOf(targets[name], count));
  raw.close();
  const figure = (name: 'rest' | 'trpc', id: string): Figure => ({
    id,
    what: `${count} containers of a node listed over ${name === 'rest' ? 'REST' : 'tRPC'}, p50`,
    unit: 'ms',
    better: 'lower',
    ours: median(times[name]),
    limit: { name: 'one live call of the engine', value: median(times.raw) },
    goal: { ofLimit: 0.15, absolute: 8 },
    note: `p99 ${summarize(times[name]).p99.toFixed(1)} ms; parsing of the answer included on both sides`,
  });
  return [figure('rest', 'C1'), figure('trpc', 'C1t')];
};

/** From the call that makes the change to the event, at the engine itself and at a browser, for the same changes. */
const measureChanges = async ({ box, client }: Product, engineSocket: string, changes: number): Promise<Figure> => {
  const engine = connectEngine(engineSocket);
  const live = await listenLive(box.url, client.token, ['containers']);
  const events = await openEngineEvents(engineSocket);
  const seen: number[] = [];
  const raw: number[] = [];
  try {
    for (let number = 0; number < changes; number += 1) {
      const mentions = Promise.withResolvers<string>();
      const atBrowser = live.until(
        ({ type, ids }) => type === 'containers' && Array.isArray(ids) && ids.length > 0,
        CHANGE_TIMEOUT_MS,
      );
      const atEngine = events.next();
      const calledAt = performance.now();
      createContainer(engine, `bench-change-${number}`).then(mentions.resolve, mentions.reject);
      raw.push((await atEngine) - calledAt);
      seen.push((await atBrowser) - calledAt);
      const removed = live.until(({ type }) => type === 'containers', CHANGE_TIMEOUT_MS);
      await engine.call('DELETE', `/containers/${await mentions.promise}?force=1`);
      await removed;
      await delay(100); // beyond the tick that gathers events, so that no change hides another
    }
  } finally {
    live.close();
    events.close();
  }
  const [ours, limit] = [summarize(seen), summarize(raw)];
  return {
    id: 'C3',
    what: 'container created → event at the browser, p99',
    unit: 'ms',
    better: 'lower',
    ours: ours.p99,
    limit: { name: 'event at the engine', value: limit.p99 },
    goal: { absolute: 100 },
    note: `from the create call; p50 ${ours.p50.toFixed(0)} ms, at the engine ${limit.p50.toFixed(0)} ms; ${changes} changes`,
  };
};

/** The engine's event stream, as the limit of how soon anybody can know. */
const openEngineEvents = async (socketPath: string) => {
  const filters = encodeURIComponent('{"type":["container"],"event":["create"]}');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, path: `/events?filters=${filters}`, headers: { host: 'docker' } }, resolve)
      .once('error', reject)
      .end();
  });
  response.on('error', () => response.destroy());
  const next = (): Promise<number> => new Promise((resolve) => response.once('data', () => resolve(performance.now())));
  return { next, close: () => response.destroy() };
};

const run = async ({ isQuick, say }: BenchOptions): Promise<Figure[]> => {
  const count = isQuick ? 200 : 1000;
  const { engine, dir, stop } = await openBenchEngine();
  const countedPath = join(dir, 'counted.sock');
  const counted = await openCountingSocket(countedPath, engine.socketPath);
  let product: Product | undefined;
  try {
    say(`creating ${count} containers`);
    await createContainers(engine, count);
    product = await startProduct({ dockerSocket: countedPath });
    say('lists');
    const lists = await measureLists(product, engine.socketPath, count, isQuick ? 10 : 40);
    say('changes');
    const changes = await measureChanges(product, engine.socketPath, isQuick ? 10 : 50);
    say('steady state');
    const seconds = isQuick ? 10 : 60;
    await delay(2000);
    counted.take();
    await delay(seconds * 1000);
    const asked = counted.take();
    const steady: Figure = {
      id: 'C4',
      what: `requests to the engine in ${seconds} s without a change`,
      unit: 'requests',
      better: 'lower',
      ours: asked.length,
      goal: { absolute: 0 },
      isExact: true,
      note: asked.length === 0 ? 'core and agent together' : asked.slice(0, 5).join('; '),
    };
    say('a flood');
    const flood = await measureFlood(product, engine, isQuick ? 8 : 30);
    return [...lists, changes, steady, ...flood];
  } finally {
    await product?.stop();
    await counted.close();
    say('removing the containers');
    await stop();
  }
};

export const containers: Bench = { id: 'containers', title: 'Containers', run };
