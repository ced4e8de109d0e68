/** From the agents' streams to durable rows: how much goes through, and what a large fleet costs. */
import { setTimeout as delay } from 'node:timers/promises';
import { openFleet, sendSteadily } from './ingest/agents.ts';
import type { Bench, BenchOptions } from './lib/bench.ts';
import type { CoreProgram } from './lib/core-program.ts';
import { loadDuring, startCoreProgram } from './lib/core-program.ts';
import type { Figure } from './lib/figure.ts';
import { startProgram } from './lib/program.ts';
import { summarize } from './lib/statistics.ts';

const WINDOW = 20;

const measureMaximum = async (program: CoreProgram, agentCount: number, seconds: number): Promise<Figure> => {
  const fleet = await openFleet(program.socketPath, program.nodeIds.slice(0, agentCount));
  let latencies: number[] = [];
  let isSending = true;
  fleet.onAcknowledged((tookMs, agent) => {
    latencies.push(tookMs);
    if (isSending) agent.send();
  });
  for (const agent of fleet.agents) while (agent.waiting < WINDOW) agent.send();
  await delay(2000);
  latencies = [];
  const before = fleet.acknowledged;
  let after = before;
  const load = await loadDuring(program, async () => {
    await delay(seconds * 1000);
    after = fleet.acknowledged;
  });
  isSending = false;
  fleet.close();
  const rate = (after - before) / load.seconds;
  const limit = await program.ask<number>('copyLimit');
  const { p99 } = summarize(latencies);
  const costMicros = ((load.cpuPercent / 100) * 1e6) / rate;
  return {
    id: 'I1',
    what: `durable samples of 24 values, ${agentCount} agents as fast as they can`,
    unit: '1/s',
    better: 'higher',
    ours: rate,
    limit: { name: "PostgreSQL's COPY of a file", value: limit },
    goal: { ofLimit: 0.27, absolute: 80_000 },
    note: `core ${load.cpuPercent.toFixed(0)} % of a core, ${costMicros.toFixed(1)} µs a sample, ${load.rssMb.toFixed(0)} MB, p99 ${p99.toFixed(0)} ms; the agents share the machine`,
  };
};

const measureFleet = async (agentCount: number, seconds: number): Promise<Figure[]> => {
  const program = await startCoreProgram(agentCount);
  try {
    const fleet = await openFleet(program.socketPath, program.nodeIds);
    let latencies: number[] = [];
    fleet.onAcknowledged((tookMs) => latencies.push(tookMs));
    const stop = sendSteadily(fleet.agents, 1000);
    await delay(3000);
    latencies = [];
    const load = await loadDuring(program, () => delay(seconds * 1000));
    stop();
    fleet.close();
    const { p50, p99, count } = summarize(latencies);
    const who = `${agentCount} agents × 1 s`;
    const rate = `${Math.round(count / load.seconds)} samples/s`;
    return [
      {
        id: 'I2',
        what: `core at ${who}, share of a core`,
        unit: '%',
        better: 'lower',
        ours: load.cpuPercent,
        goal: { absolute: 30 },
        note: rate,
      },
      {
        id: 'I2m',
        what: `core at ${who}, RSS`,
        unit: 'MB',
        better: 'lower',
        ours: load.rssMb,
        goal: { absolute: 250 },
        isExact: true,
      },
      {
        id: 'I2c',
        what: `sent → durable at ${who}, p99`,
        unit: 'ms',
        better: 'lower',
        ours: p99,
        goal: { absolute: 250 },
        note: `p50 ${p50.toFixed(0)} ms`,
      },
    ];
  } finally {
    await program.stop();
  }
};

/** The same through whole links, for fewer agents: both ends of SSH run on this machine. */
const measureLinked = async (agentCount: number, seconds: number): Promise<Figure> => {
  const program = await startCoreProgram(0);
  const agents = await startProgram(import.meta.resolve('./ingest/linked-agents-program.ts'), program.url);
  try {
    const idle = await loadDuring(program, () => delay(100));
    const keys = await agents.ask<string[]>('makeKeys', agentCount);
    await agents.ask('linkAll', await program.ask<string[]>('enroll', keys));
    await agents.ask('sendEachSecond');
    await delay(2000);
    const before = await program.ask<number>('countHot');
    const load = await loadDuring(program, () => delay(seconds * 1000));
    const rate = ((await program.ask<number>('countHot')) - before) / load.seconds;
    const perLinkKb = ((load.rssMb - idle.rssMb) * 1000) / agentCount;
    return {
      id: 'I2s',
      what: `core at ${agentCount} agents × 1 s over WebSocket and SSH, share of a core`,
      unit: '%',
      better: 'lower',
      ours: load.cpuPercent,
      goal: {},
      note: `${Math.round(rate)} samples/s, ${((load.cpuPercent * 10_000) / rate).toFixed(0)} µs a sample, ${perLinkKb.toFixed(0)} KB a link`,
    };
  } finally {
    await agents.stop();
    await program.stop();
  }
};

const run = async ({ isQuick, say }: BenchOptions): Promise<Figure[]> => {
  const seconds = isQuick ? 3 : 10;
  const agentCount = isQuick ? 200 : 1000;
  const program = await startCoreProgram(agentCount);
  let maximum: Figure;
  try {
    say('as fast as possible');
    maximum = await measureMaximum(program, agentCount, seconds);
  } finally {
    await program.stop();
  }
  say('a large fleet');
  const fleet = await measureFleet(isQuick ? 1000 : 5000, seconds);
  say('whole links');
  return [maximum, ...fleet, await measureLinked(isQuick ? 50 : 200, seconds)];
};

export const ingest: Bench = { id: 'ingest', title: 'Metrics: ingest', run };
