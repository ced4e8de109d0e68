/** What the agent costs the machine that it watches. */
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { findExporterCost } from './agent/exporter.ts';
import { readSentBytes } from './agent/traffic.ts';
import { openBenchEngine, startContainers } from './containers/engine.ts';
import type { Bench, BenchOptions } from './lib/bench.ts';
import { listenLive } from './lib/events.ts';
import type { Figure } from './lib/figure.ts';
import { getDescendant, readRssBytes, readRunMs } from './lib/process-stats.ts';
import type { Product } from './lib/product.ts';
import { AGENT_PATH, NO_DOCKER, startProduct } from './lib/product.ts';

const MB = 1e6;
const SETTLE_MS = 6000;

const agentOf = ({ pid }: Product): number => getDescendant(pid, AGENT_PATH);

interface Cost {
  cpuPercent: number;
  cpuMsPerSample: number;
  bytesPerSample: number;
  rssBytes: number;
}

/** @param everyMs the pace at which the agent samples meanwhile */
const costDuring = async (product: Product, seconds: number, everyMs: number): Promise<Cost> => {
  const pid = agentOf(product);
  const port = Number(new URL(product.box.url).port);
  const before = { runMs: readRunMs(pid), sent: await readSentBytes(pid, port), at: performance.now() };
  await delay(seconds * 1000);
  const tookMs = performance.now() - before.at;
  const samples = tookMs / everyMs;
  const usedMs = readRunMs(pid) - before.runMs;
  return {
    cpuPercent: (usedMs / tookMs) * 100,
    cpuMsPerSample: usedMs / samples,
    bytesPerSample: ((await readSentBytes(pid, port)) - before.sent) / samples,
    rssBytes: readRssBytes(pid),
  };
};

const measureHost = async (isQuick: boolean): Promise<Figure[]> => {
  const product = await startProduct({ dockerSocket: NO_DOCKER });
  try {
    await delay(SETTLE_MS);
    const idle = await costDuring(product, isQuick ? 15 : 60, 5000);
    const live = await listenLive(product.box.url, product.client.token, [`metrics:${product.nodeId}`]);
    await delay(SETTLE_MS);
    const watched = await costDuring(product, isQuick ? 10 : 30, 1000);
    live.close();
    const exporter = await findExporterCost(isQuick ? 10 : 50);
    const peer =
      exporter === undefined
        ? ''
        : `; node_exporter in this run ${exporter.cpuMsPerSample.toFixed(1)} ms and ${(exporter.rssBytes / MB).toFixed(0)} MB`;
    return [
      {
        id: 'A2',
        what: 'agent without containers, RSS',
        unit: 'MB',
        better: 'lower',
        ours: idle.rssBytes / MB,
        goal: { absolute: 12 },
        isExact: true,
      },
      {
        id: 'A3',
        what: 'agent, CPU for a sample each second',
        unit: 'ms',
        better: 'lower',
        ours: watched.cpuMsPerSample,
        goal: { absolute: 1.4 },
        note: `details, encryption and link included${peer}`,
      },
      {
        id: 'A3i',
        what: 'agent sampling every 5 s, share of a core',
        unit: '%',
        better: 'lower',
        ours: idle.cpuPercent,
        goal: { absolute: 0.03 },
      },
      {
        id: 'A3w',
        what: 'agent sampling every second, share of a core',
        unit: '%',
        better: 'lower',
        ours: watched.cpuPercent,
        goal: { absolute: 0.15 },
      },
      {
        id: 'A4',
        what: 'sent by the agent for a sample, every 5 s',
        unit: 'B',
        better: 'lower',
        ours: idle.bytesPerSample,
        goal: { absolute: 200 },
        isExact: true,
        note: `TCP payload: WebSocket, SSH, details and keep-alive included; every second ${watched.bytesPerSample.toFixed(0)} B`,
      },
    ];
  } finally {
    await product.stop();
  }
};

const measureContainers = async (count: number, seconds: number): Promise<Figure[]> => {
  const { engine, stop } = await openBenchEngine();
  let product: Product | undefined;
  try {
    await startContainers(engine, count);
    product = await startProduct({ dockerSocket: engine.socketPath });
    await delay(SETTLE_MS * 2);
    const cost = await costDuring(product, seconds, 5000);
    const who = `agent with ${count} running containers`;
    return [
      {
        id: 'A2c',
        what: `${who}, RSS`,
        unit: 'MB',
        better: 'lower',
        ours: cost.rssBytes / MB,
        goal: { absolute: 12 },
        isExact: true,
      },
      {
        id: 'A3c',
        what: `${who} every 5 s, share of a core`,
        unit: '%',
        better: 'lower',
        ours: cost.cpuPercent,
        goal: { absolute: 0.1 },
        note: `${cost.cpuMsPerSample.toFixed(1)} ms and ${cost.bytesPerSample.toFixed(0)} B for a sample of host and containers`,
      },
    ];
  } finally {
    await product?.stop();
    await stop();
  }
};

const run = async ({ isQuick, say }: BenchOptions): Promise<Figure[]> => {
  const binary: Figure = {
    id: 'A1',
    what: 'agent program',
    unit: 'MB',
    better: 'lower',
    ours: (await stat(AGENT_PATH)).size / MB,
    goal: { absolute: 6.8 },
    isExact: true,
  };
  say('the host alone');
  const host = await measureHost(isQuick);
  say('with containers');
  const containers = await measureContainers(isQuick ? 10 : 100, isQuick ? 15 : 60);
  return [binary, ...host, ...containers];
};

export const agent: Bench = { id: 'agent', title: 'Agent', run };
