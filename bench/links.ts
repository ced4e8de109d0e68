/** A thousand agents connected: what their links cost while they are idle, and how a core that was killed gets them back. */
import { setTimeout as delay } from 'node:timers/promises';
import { ensureCore } from '../scripts/lib/core-bundle.mjs';
import type { Box } from '../test/e2e/box.ts';
import { startBox, WITH_ADMIN } from '../test/e2e/box.ts';
import { simulatedFacts } from './ingest/simulated.ts';
import type { Bench, BenchOptions } from './lib/bench.ts';
import { openDataDir } from './lib/data-dir.ts';
import type { Figure } from './lib/figure.ts';
import { readRssBytes } from './lib/process-stats.ts';
import type { Client } from './lib/product.ts';
import { signIn } from './lib/product.ts';
import type { Program } from './lib/program.ts';
import { startProgram } from './lib/program.ts';
import { percentile } from './lib/statistics.ts';

const SETTLE_MS = 5000;
const STORM_TIMEOUT_MS = 120_000;
const PROBE_EVERY_MS = 50;
/** Each agent enrols from an address of its own: one alone may not enrol so many at once. */
const ENVIRONMENT = {
  ...WITH_ADMIN,
  SERVERBOX_LOCAL_NODE: 'off',
  SERVERBOX_TRUSTED_PROXIES: '127.0.0.1',
  LOG_LEVEL: 'error',
};

const post = async <T>(url: string, body: object, headers: Record<string, string>): Promise<T> => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
};

const enrol = async (box: Box, client: Client, index: number, hostPublicKey: string): Promise<string> => {
  const authorization = `Bearer ${client.token}`;
  const node = { name: `agent-${index}`, via: 'agent' };
  const { enrolment } = await post<{ enrolment: { token: string } }>(`${box.url}/api/nodes`, node, { authorization });
  const request = { token: enrolment.token, hostPublicKey, facts: simulatedFacts(`agent-${index}`) };
  const headers = { 'x-forwarded-for': `10.0.${index >> 8}.${index & 255}` };
  return (await post<{ credential: string }>(`${box.url}/api/agent/enroll`, request, headers)).credential;
};

/** Returns how long it took until all are linked. */
const untilLinked = async (agents: Program, count: number): Promise<number> => {
  const startedAt = performance.now();
  while ((await agents.ask<number>('linkedCount')) < count) {
    if (performance.now() - startedAt > STORM_TIMEOUT_MS) throw new Error('not all agents came back');
    await delay(PROBE_EVERY_MS);
  }
  return performance.now() - startedAt;
};

/** Asks as a browser does until `isOver`; the answers' times in ms. */
const probe = async (client: Client, isOver: () => boolean): Promise<number[]> => {
  const times: number[] = [];
  while (!isOver()) {
    const startedAt = performance.now();
    await client.get('/api/nodes');
    times.push(performance.now() - startedAt);
    await delay(PROBE_EVERY_MS);
  }
  return times;
};

const rssMb = (box: Box): number => readRssBytes(Number(box.process.pid)) / 1e6;

interface Measured {
  count: number;
  /** From the start command to an answering core, and to the last agent. */
  upMs: number;
  backMs: number;
  p99: number;
  /** MB without and with the links. */
  before: number;
  linked: number;
}

const figuresOf = ({ count, upMs, backMs, p99, before, linked }: Measured): Figure[] => [
  {
    id: 'A5',
    what: `${count} agents back after a kill, from the start command`,
    unit: 'ms',
    better: 'lower',
    ours: backMs,
    goal: { absolute: 30_000 },
    note: `agents and core share two processors; the core itself was up after ${(upMs / 1000).toFixed(1)} s`,
  },
  {
    id: 'A5q',
    what: 'the list of all nodes meanwhile, p99',
    unit: 'ms',
    better: 'lower',
    ours: p99,
    goal: { absolute: 500 },
  },
  {
    id: 'A5m',
    what: `core with ${count} links, RSS`,
    unit: 'MB',
    better: 'lower',
    ours: linked,
    goal: { absolute: 600 },
  },
  {
    id: 'A5k',
    what: 'for each idle link',
    unit: 'KB',
    better: 'lower',
    ours: ((linked - before) * 1000) / count,
    goal: { absolute: 250 },
  },
];

const run = async ({ isQuick, say }: BenchOptions): Promise<Figure[]> => {
  const count = isQuick ? 100 : 1000;
  await ensureCore(() => undefined);
  const dataDir = await openDataDir();
  let box = await startBox(dataDir.path, ENVIRONMENT);
  const environment = { ...ENVIRONMENT, PORT: new URL(box.url).port };
  const agents = await startProgram(import.meta.resolve('./links/agents-program.ts'), box.url);
  try {
    const client = await signIn(box.url);
    say(`enrolling ${count} agents`);
    const credentials: string[] = [];
    const keys = await agents.ask<string[]>('makeKeys', count);
    for (const [index, key] of keys.entries()) credentials.push(await enrol(box, client, index, key));
    await delay(SETTLE_MS);
    const before = rssMb(box);
    await agents.ask('stayAllLinked', credentials);
    await untilLinked(agents, count);
    await delay(SETTLE_MS);
    const linked = rssMb(box);
    client.close();

    say('the core is killed');
    await box.kill();
    await delay(1000);
    const killedAt = performance.now();
    box = await startBox(dataDir.path, environment);
    const upMs = performance.now() - killedAt;
    const again = await signIn(box.url);
    let isOver = false;
    const probing = probe(again, () => isOver);
    const backMs = (await untilLinked(agents, count)) + upMs;
    isOver = true;
    const p99 = percentile(await probing, 0.99);
    again.close();
    return figuresOf({ count, upMs, backMs, p99, before, linked });
  } finally {
    await agents.stop();
    await box.stop();
    await dataDir.remove();
  }
};

export const links: Bench = { id: 'links', title: 'A thousand links', run };
