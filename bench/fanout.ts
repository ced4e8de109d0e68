/** One event to a thousand browsers: how late it comes, what it costs, and what a browser that does not read does to others. */
import { setTimeout as delay } from 'node:timers/promises';
import { openSubscribers, SAMPLED_ONE_IN } from './fanout/subscribers.ts';
import type { Bench, BenchOptions } from './lib/bench.ts';
import { loadDuring } from './lib/core-program.ts';
import type { Figure } from './lib/figure.ts';
import { interleave } from './lib/interleave.ts';
import type { Program } from './lib/program.ts';
import { startProgram } from './lib/program.ts';
import { median, summarize } from './lib/statistics.ts';

const RATE = 100;
const HUB = import.meta.resolve('./fanout/hub-program.ts');
const RAW = import.meta.resolve('./fanout/raw-program.ts');

interface Round {
  p50: number;
  p99: number;
  cpuPercent: number;
  deliveriesPerSecond: number;
}

const measureRate = async (
  program: Program,
  subscribers: Awaited<ReturnType<typeof openSubscribers>>,
  seconds: number,
): Promise<Round> => {
  await program.ask('rate', RATE);
  await delay(1000);
  subscribers.takeLatencies();
  const load = await loadDuring(program, () => delay(seconds * 1000));
  const { p50, p99, count } = summarize(subscribers.takeLatencies());
  await program.ask('rate', 0);
  await delay(200);
  return { p50, p99, cpuPercent: load.cpuPercent, deliveriesPerSecond: (count * SAMPLED_ONE_IN) / load.seconds };
};

const measureSpread = async (count: number, rounds: number, seconds: number): Promise<Figure[]> => {
  const programs = { hub: await startProgram(HUB), raw: await startProgram(RAW) };
  try {
    const subscribers = {
      hub: await openSubscribers(await programs.hub.ask<number>('port'), count),
      raw: await openSubscribers(await programs.raw.ask<number>('port'), count),
    };
    const all = await interleave(['hub', 'raw'], rounds, (name) =>
      measureRate(programs[name], subscribers[name], seconds),
    );
    for (const name of ['hub', 'raw'] as const) subscribers[name].close();
    const of = (name: 'hub' | 'raw', key: keyof Round) => median(all[name].map((round) => round[key]));
    const load = `${count} subscribers × ${RATE} events/s`;
    const limit = (key: keyof Round) => ({ name: 'bare sockets', value: of('raw', key) });
    return [
      {
        id: 'F1',
        what: `published → received, p99, ${load}`,
        unit: 'ms',
        better: 'lower',
        ours: of('hub', 'p99'),
        limit: limit('p99'),
        goal: { absolute: 25 },
        note: `p50 ${of('hub', 'p50').toFixed(0)} ms, ${Math.round(of('hub', 'deliveriesPerSecond'))} deliveries/s; under load events wait for the end of a tick`,
      },
      {
        id: 'F2',
        what: `live channel at ${load}, share of a core`,
        unit: '%',
        better: 'lower',
        ours: of('hub', 'cpuPercent'),
        limit: limit('cpuPercent'),
        goal: { absolute: 25 },
      },
    ];
  } finally {
    await Promise.all([programs.hub.stop(), programs.raw.stop()]);
  }
};

const STALLED = 10;
const READING = 4 * SAMPLED_ONE_IN;
const LARGE_BYTES = 16_000;

/** Publishes large events as fast as all can read, and says how much memory the core has then. */
const flood = async (program: Program, seconds: number): Promise<number> => {
  await program.ask('pad', LARGE_BYTES);
  await program.ask('rate', RATE);
  const load = await loadDuring(program, () => delay(seconds * 1000));
  await program.ask('rate', 0);
  await program.ask('pad', 0);
  await delay(500);
  return load.rssMb;
};

/** Large events, so that the kernel's buffers are full within the first seconds and what waits, waits in the core. */
const measureStall = async (seconds: number): Promise<Figure[]> => {
  const program = await startProgram(HUB);
  try {
    const port = await program.ask<number>('port');
    const readers = await openSubscribers(port, READING);
    const stalled = await openSubscribers(port, STALLED);
    // The same twice: what a flood itself costs is in both.
    const before = await flood(program, seconds);
    const alone = await measureRate(program, readers, seconds);
    for (const socket of stalled.sockets) socket.pause();
    const after = await flood(program, seconds);
    const beside = await measureRate(program, readers, seconds);
    const resumed = stalled.sockets.map((socket) => untilResync(socket));
    for (const socket of stalled.sockets) socket.resume();
    await Promise.all(resumed);
    readers.close();
    stalled.close();
    return [
      {
        id: 'F3',
        what: 'memory held for a subscriber that does not read',
        unit: 'MB',
        better: 'lower',
        ours: Math.max(0, after - before) / STALLED,
        goal: { absolute: 1 },
        isExact: true,
        note: `${STALLED} stalled beside ${READING} others; each was told to start anew when it read again`,
      },
      {
        id: 'F3l',
        what: 'p99 of the others beside stalled ones',
        unit: 'ms',
        better: 'lower',
        ours: beside.p99,
        limit: { name: 'without stalled ones', value: alone.p99 },
        goal: { ofLimit: 1.1 },
      },
    ];
  } finally {
    await program.stop();
  }
};

const RESYNC_TIMEOUT_MS = 20_000;

/** @throws Error when it is not told to read everything anew */
const untilResync = (socket: { on(event: 'data', listener: (chunk: Buffer) => void): unknown }): Promise<void> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('a subscriber that fell behind was not told')), RESYNC_TIMEOUT_MS);
    let tail = '';
    socket.on('data', (chunk) => {
      const text = tail + chunk.toString('latin1');
      tail = text.slice(-64);
      if (!text.includes('"type":"resync"')) return;
      clearTimeout(late);
      resolve();
    });
  });

const run = async ({ isQuick, say }: BenchOptions): Promise<Figure[]> => {
  say('spread');
  const spread = await measureSpread(isQuick ? 200 : 1000, isQuick ? 1 : 3, isQuick ? 2 : 4);
  say('stalled subscribers');
  return [...spread, ...(await measureStall(isQuick ? 3 : 8))];
};

export const fanout: Bench = { id: 'fanout', title: 'Live events', run };
