/** Appends to trails with many callers at once. argv: data directory. */
import { serve } from '../lib/serve.ts';
import { summarize } from '../lib/statistics.ts';
import { openStore } from '../lib/store.ts';
import { anIntent, openTrails } from './trails.ts';

/** As many connections as callers, so that the ways without a group do not wait for one. */
const CONNECTIONS = 16;

const [dataDir = ''] = process.argv.slice(2);
const store = await openStore(dataDir, CONNECTIONS);
const trails = await openTrails(store.database);
let number = 0;

export interface AppendRun {
  way: keyof typeof trails;
  callers: number;
  seconds: number;
}
export interface AppendResult {
  perSecond: number;
  p50: number;
  p99: number;
}

/** Each caller appends one event after the other. */
const run = async ({ way, callers, seconds }: AppendRun): Promise<AppendResult> => {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const deadline = startedAt + seconds * 1000;
  const caller = async (): Promise<void> => {
    for (let at = performance.now(); at < deadline; at = performance.now()) {
      number += 1;
      await trails[way](anIntent(number));
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const { p50, p99, count } = summarize(latencies);
  return { perSecond: (count / (performance.now() - startedAt)) * 1000, p50, p99 };
};

serve({ run }, store.close);
