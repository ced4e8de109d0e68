/** node_exporter as a peer, where the owner of the machine names its program in PEER_NODE_EXPORTER. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '../../lab/free-port.ts';
import { readRssBytes, readRunMs } from '../lib/process-stats.ts';

export interface ExporterCost {
  cpuMsPerSample: number;
  rssBytes: number;
}

const START_TIMEOUT_MS = 10_000;

const scrape = async (url: string): Promise<boolean> => {
  try {
    return (await (await fetch(url)).text()).includes('node_cpu_seconds_total');
  } catch {
    return false; // it does not listen yet
  }
};

/** What one scrape costs it; undefined where there is no such program. */
export const findExporterCost = async (samples: number): Promise<ExporterCost | undefined> => {
  const program = process.env.PEER_NODE_EXPORTER;
  if (program === undefined) return undefined;
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}/metrics`;
  const child = spawn(program, [`--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  try {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!(await scrape(url))) {
      if (performance.now() > deadline) throw new Error(`${program} does not answer`);
      await delay(50);
    }
    const pid = Number(child.pid);
    const before = readRunMs(pid);
    for (let sample = 0; sample < samples; sample += 1) {
      await scrape(url);
      await delay(100);
    }
    return { cpuMsPerSample: (readRunMs(pid) - before) / samples, rssBytes: readRssBytes(pid) };
  } finally {
    child.kill();
    await exited;
  }
};
