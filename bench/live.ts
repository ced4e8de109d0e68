/** From a sample at an agent to the browsers that watch its node, while all other nodes report as well. */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { MAX_TOPICS } from '@serverbox/contract/events';
import { openFleet, sendSteadily } from './ingest/agents.ts';
import type { Bench, BenchOptions } from './lib/bench.ts';
import { loadDuring, startCoreProgram } from './lib/core-program.ts';
import type { Figure } from './lib/figure.ts';
import { summarize } from './lib/statistics.ts';

const AT = '"type":"host"';
const FIELD = '"at":';

/** Each viewer watches as many nodes as one connection may; together they watch them all. */
const topicsOf = (nodeIds: readonly string[], viewer: number): string[] =>
  Array.from({ length: Math.min(MAX_TOPICS, nodeIds.length) }, (_, index) => {
    return `metrics:${nodeIds[(viewer * MAX_TOPICS + index) % nodeIds.length]}`;
  });

const openViewer = async (url: string, topics: readonly string[], told: (sentAtMs: number) => void) => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`${url}/?topics=${topics.join(',')}`, { agent: false }, resolve)
      .once('error', reject)
      .end();
  });
  let rest = '';
  response.setEncoding('latin1').on('data', (text: string) => {
    const all = rest + text;
    let at = all.indexOf(AT);
    // An event whose end has not come yet waits for the next packet.
    const whole = all.lastIndexOf('\n\n');
    for (; at !== -1 && at < whole; at = all.indexOf(AT, at + 1)) {
      told(
        Number.parseInt(
          all.slice(all.indexOf(FIELD, at) + FIELD.length, all.indexOf(FIELD, at) + FIELD.length + 16),
          10,
        ),
      );
    }
    rest = all.slice(whole + 2);
  });
  response.on('error', () => response.destroy());
  return { close: () => response.destroy() };
};

const run = async ({ isQuick, say }: BenchOptions): Promise<Figure[]> => {
  const agentCount = isQuick ? 200 : 1000;
  const viewerCount = isQuick ? 20 : 100;
  const seconds = isQuick ? 4 : 12;
  const program = await startCoreProgram(agentCount);
  try {
    const fleet = await openFleet(program.socketPath, program.nodeIds);
    let latencies: number[] = [];
    const told = (sentAtMs: number) => latencies.push(Date.now() - sentAtMs);
    const numbers = Array.from({ length: viewerCount }, (_, viewer) => viewer);
    const viewers = await Promise.all(
      numbers.map((viewer) => openViewer(program.url, topicsOf(program.nodeIds, viewer), told)),
    );
    say(`${agentCount} agents, ${viewerCount} viewers`);
    const stop = sendSteadily(fleet.agents, 1000);
    await delay(3000);
    latencies = [];
    const load = await loadDuring(program, () => delay(seconds * 1000));
    const { p50, p99, count } = summarize(latencies);
    stop();
    for (const viewer of viewers) viewer.close();
    fleet.close();
    const who = `${agentCount} agents × 1 s, ${viewerCount} viewers of ${topicsOf(program.nodeIds, 0).length} nodes each`;
    return [
      {
        id: 'I5',
        what: `sample sent → at the viewer, p99; ${who}`,
        unit: 'ms',
        better: 'lower',
        ours: p99,
        goal: { absolute: 150 },
        note: `p50 ${p50} ms, ${Math.round(count / load.seconds)} events/s delivered`,
      },
      {
        id: 'I5c',
        what: 'core meanwhile, share of a core',
        unit: '%',
        better: 'lower',
        ours: load.cpuPercent,
        goal: { absolute: 15 },
        note: `${load.rssMb.toFixed(0)} MB`,
      },
    ];
  } finally {
    await program.stop();
  }
};

export const live: Bench = { id: 'live', title: 'Metrics: live', run };
