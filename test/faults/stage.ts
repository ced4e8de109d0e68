/** An installation that faults happen to: the product in a process of its own, its clients, and who can be killed in it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kill, listFamily, listProcessesOf } from '../../lab/faults/processes.ts';
import { findFreePort } from '../../lab/free-port.ts';
import type { Box } from '../e2e/box.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { CallFailed, call, login } from './api.ts';
import { inspectInstallation, listOrphans } from './inspect.ts';
import type { Ledger } from './load.ts';
import { createLedger, startLoad } from './load.ts';
import type { MetricAgent } from './metric-agent.ts';
import { startMetricAgent } from './metric-agent.ts';

export type Victim = 'core' | 'database' | 'agent';

export type Stage = {
  dataDir: string;
  url: string;
  /** The machine that the installation runs on. */
  nodeId: string;
  ledger: Ledger;
  metricAgent: MetricAgent;
  box(): Box;
  /** Ends these as a power cut would, without asking anybody else. */
  kill(victims: readonly Victim[]): Promise<void>;
  /** Starts the core again if it was killed; resolves when everything works, the local agent included. */
  recover(): Promise<void>;
  /** Clients work for `beforeMs`, then `fault` happens; they go on until everything works again. Returns how long that took. */
  underLoad(beforeMs: number, fault: () => Promise<void>): Promise<{ recoveryMs: number }>;
  /** What does not hold, in sentences. */
  inspect(): Promise<string[]>;
  close(): Promise<void>;
};

const RECOVERY_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const ROOTS = ['postgres', 'serverbox-agent'];

const untilTrue = async (what: string, isTrue: () => Promise<boolean>): Promise<void> => {
  const deadlineMs = performance.now() + RECOVERY_TIMEOUT_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${RECOVERY_TIMEOUT_MS} ms`);
    await sleep(POLL_MS);
  }
};

const answers = async (url: string, path: string, token?: string): Promise<unknown> => {
  try {
    return await call(url, path, token === undefined ? {} : { token });
  } catch (error) {
    if (error instanceof CallFailed) return undefined;
    throw error;
  }
};

type NodeList = { items: { id: string; name: string; status: string }[] };

const listPids = async (victim: Victim, dataDir: string, box: Box): Promise<number[]> => {
  switch (victim) {
    case 'core':
      return [Number(box.process.pid)];
    case 'agent':
      return listProcessesOf(join(dataDir, 'agent')).map(({ pid }) => pid);
    case 'database': {
      const pidFile = await readFile(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8');
      return listFamily(Number.parseInt(pidFile, 10)).map(({ pid }) => pid);
    }
  }
};

/** Makes an installation with an administrator, its local agent linked, and an agent that keeps a tally. */
export const openStage = async (environment: Record<string, string> = {}): Promise<Stage> => {
  const dir = await openDataDir();
  const dataDir = dir.path;
  const port = await findFreePort();
  const start = () => startBox(dataDir, { ...WITH_ADMIN, PORT: String(port), ...environment });
  let box = await start();
  const { url } = box;
  const { accessToken } = await login(url);
  const findLocal = async () => ((await answers(url, '/api/nodes', accessToken)) as NodeList | undefined)?.items[0];
  await untilTrue('the local agent is linked', async () => (await findLocal())?.status === 'up');
  const local = await findLocal();
  if (local === undefined) throw new Error('the installation has no node');
  const nodeId = local.id;
  const metricAgent = await startMetricAgent({ url, dataDir });
  const ledger = createLedger(local.name);

  const isCoreAlive = () => box.process.exitCode === null && box.process.signalCode === null;
  const agentPids = () => listPids('agent', dataDir, box);
  const recover = async (): Promise<void> => {
    if (!isCoreAlive()) box = await start();
    await untilTrue('health', async () => (await answers(url, '/health')) !== undefined);
    await untilTrue('the local agent runs', async () => (await agentPids()).length > 0);
  };

  return {
    dataDir,
    url,
    nodeId,
    ledger,
    metricAgent,
    box: () => box,
    kill: async (victims) => {
      const pids = await Promise.all(victims.map((victim) => listPids(victim, dataDir, box)));
      await kill(pids.flat());
      if (victims.includes('core')) await box.kill();
    },
    recover,
    underLoad: async (beforeMs, fault) => {
      const load = await startLoad({ url, nodeId, ledger, metricAgent });
      try {
        await sleep(beforeMs);
        await fault();
        const startedAtMs = performance.now();
        await recover();
        const recoveryMs = performance.now() - startedAtMs;
        await metricAgent.untilAcknowledged(RECOVERY_TIMEOUT_MS);
        return { recoveryMs };
      } finally {
        await load.stop();
      }
    },
    inspect: async () => {
      await metricAgent.untilAcknowledged(RECOVERY_TIMEOUT_MS);
      const problems = await inspectInstallation({ url, dataDir, nodeId }, ledger, metricAgent);
      // A killed server's last children notice within moments; an agent that lost its core, too.
      const deadlineMs = performance.now() + 5000;
      while (listOrphans(dataDir, ROOTS).length > 0 && performance.now() < deadlineMs) await sleep(POLL_MS);
      return [...problems, ...listOrphans(dataDir, ROOTS)];
    },
    close: async () => {
      await metricAgent.stop();
      await box.stop();
      const left = listProcessesOf(dataDir);
      await kill(left.map(({ pid }) => pid));
      await dir.remove();
      if (left.length > 0) throw new Error(`left running: ${left.map(({ argv }) => argv[0]).join(', ')}`);
    },
  };
};
