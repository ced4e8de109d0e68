/** One container that writes as fast as it can, and five who follow its log: what the others feel of it. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../../lab/engine.ts';
import { LAB_IMAGE } from '../../lab/image.ts';
import type { Figure } from '../lib/figure.ts';
import { readCpuMs, readRssBytes } from '../lib/process-stats.ts';
import type { Product } from '../lib/product.ts';
import { summarize } from '../lib/statistics.ts';

const FOLLOWERS = 5;
const BETWEEN_CALLS_MS = 30;
const WARM_UP_MS = 5000;
const FLOOD = ['yes', 'a line of a flood that is far faster than anybody can read it, for ever and ever'];
/** The disk of the machine is no part of the question. */
const LOG_CONFIG = { Type: 'json-file', Config: { 'max-size': '50m', 'max-file': '2' } };

const createFlood = async (engine: Engine): Promise<string> => {
  const HostConfig = { NetworkMode: 'none', LogConfig: LOG_CONFIG };
  const created = await engine.call('POST', '/containers/create', { Image: LAB_IMAGE, Cmd: FLOOD, HostConfig });
  return (created as { Id: string }).Id;
};

const follow = async ({ box, client, nodeId }: Product, containerId: string) => {
  const url = new URL(`/api/nodes/${nodeId}/containers/${containerId}/logs?follow=true`, box.url);
  const sent = request(url, { agent: false, headers: { authorization: `Bearer ${client.token}` } });
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`the log was refused: ${answer.statusCode}`);
  const got = { bytes: 0, gaps: 0, leave: () => answer.destroy() };
  answer.on('data', (chunk: Buffer) => {
    got.bytes += chunk.length;
    if (chunk.includes('"dropped":')) got.gaps += 1;
  });
  answer.on('error', got.leave);
  return got;
};

/** Times of API calls one after another, and the most memory that the core had meanwhile. */
const callFor = async ({ client, nodeId, pid }: Product, durationMs: number) => {
  const waits: number[] = [];
  let rssBytes = 0;
  for (const endAt = performance.now() + durationMs; performance.now() < endAt; await delay(BETWEEN_CALLS_MS)) {
    const calledAt = performance.now();
    await client.get(waits.length % 2 === 0 ? '/api/nodes' : `/api/nodes/${nodeId}/containers`);
    waits.push(performance.now() - calledAt);
    rssBytes = Math.max(rssBytes, readRssBytes(pid));
  }
  return { waits: summarize(waits), rssBytes };
};

export const measureFlood = async (product: Product, engine: Engine, seconds: number): Promise<Figure[]> => {
  const containerId = await createFlood(engine);
  await callFor(product, WARM_UP_MS);
  const calm = await callFor(product, seconds * 1000);
  await engine.call('POST', `/containers/${containerId}/start`);
  const followers = await Promise.all(Array.from({ length: FOLLOWERS }, () => follow(product, containerId)));
  const cpuMs = readCpuMs(product.pid);
  const startedAt = performance.now();
  const flooded = await callFor(product, seconds * 1000);
  const tookMs = performance.now() - startedAt;
  const cpuPercent = ((readCpuMs(product.pid) - cpuMs) / tookMs) * 100;
  for (const { leave } of followers) leave();
  await engine.call('DELETE', `/containers/${containerId}?force=1`);
  if (followers.some(({ gaps }) => gaps === 0)) throw new Error('a follower of the flood was not told of a gap');
  const shown = followers.reduce((sum, { bytes }) => sum + bytes, 0) / FOLLOWERS / 1e6 / (tookMs / 1000);
  return [
    {
      id: 'SC-3',
      what: `API call while ${FOLLOWERS} follow the log of a flood, p99`,
      unit: 'ms',
      better: 'lower',
      ours: flooded.waits.p99,
      goal: { absolute: 500 },
      note: `without the flood ${calm.waits.p99.toFixed(0)} ms; core ${cpuPercent.toFixed(0)} % of a core; ${shown.toFixed(2)} MB/s to each; the engine shares the machine`,
    },
    {
      id: 'SC-3m',
      what: `growth of the core's memory in ${seconds} s of it`,
      unit: 'MB',
      better: 'lower',
      ours: Math.max(0, flooded.rssBytes - calm.rssBytes) / 1e6,
      goal: { absolute: 128 },
    },
  ];
};
