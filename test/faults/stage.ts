/** An installation that faults happen to: the product in a process of its own, its clients, and who can be killed in it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NodeDetail, NodeSummary } from '@serverbox/contract/nodes';
import { kill, listFamily, listProcessesOf } from '../../lab/faults/processes.ts';
import { findFreePort } from '../../lab/free-port.ts';
import type { TempDir } from '../../lab/temp-dir.ts';
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
  /** A token of a session that no fault is aimed at. */
  token(): Promise<string>;
  /** Clients work for `beforeMs`, then `fault` happens; they go on until everything works again. Returns how long that took. */
  underLoad(beforeMs: number, fault: () => Promise<void>): Promise<{ recoveryMs: number }>;
  /** What does not hold, in sentences. */
  inspect(): Promise<string[]>;
  close(): Promise<void>;
};

const RECOVERY_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const ORPHANS_LEAVE_MS = 5000;
const WATCHER_RENEWS_MS = 10 * 60_000;
/** What a data directory keeps running beside the core itself. */
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

/** The core and what it starts: killed and started again on one data directory and one port. */
const openHost = async (environment: Record<string, string>, dir: TempDir) => {
  const settings = { ...WITH_ADMIN, PORT: String(await findFreePort()), ...environment };
  const start = () => startBox(dir.path, settings);
  let box = await start().catch(async (error: unknown) => {
    await dir.remove();
    throw error;
  });
  const isAlive = () => box.process.exitCode === null && box.process.signalCode === null;
  return {
    dataDir: dir.path,
    url: box.url,
    box: () => box,
    restart: async () => {
      if (!isAlive()) box = await start();
    },
    kill: async (victims: readonly Victim[]) => {
      const pids = await Promise.all(victims.map((victim) => listPids(victim, dir.path, box)));
      await kill(pids.flat());
      if (victims.includes('core')) await box.kill();
    },
    /** Returns what was still running when everything should have ended. */
    close: async (): Promise<string[]> => {
      await box.stop();
      const left = listProcessesOf(dir.path);
      await kill(left.map(({ pid }) => pid));
      await dir.remove();
      return left.map(({ argv }) => argv[0] ?? '');
    },
  };
};
type Host = Awaited<ReturnType<typeof openHost>>;

const isLinked = async (url: string, nodeId: string, token: string): Promise<boolean> => {
  const node = await answers(url, `/api/nodes/${nodeId}`, token);
  return node !== undefined && NodeDetail.parse(node).linkedSince !== null;
};

/** A session of the test itself, which no fault is aimed at. Signs in again before its token expires. */
const createWatcher = (url: string) => {
  let session: { accessToken: string; startedAtMs: number } | undefined;
  return {
    token: async (): Promise<string> => {
      if (session === undefined || performance.now() - session.startedAtMs > WATCHER_RENEWS_MS)
        session = { ...(await login(url)), startedAtMs: performance.now() };
      return session.accessToken;
    },
  };
};

/** The first node of an installation is the machine that it runs on. */
const findLocalNode = async (url: string, token: string): Promise<NodeSummary | undefined> => {
  const list = (await call(url, '/api/nodes', { token })) as { items: unknown[] };
  return list.items[0] === undefined ? undefined : NodeSummary.parse(list.items[0]);
};

const untilHealthy = (url: string): Promise<void> =>
  untilTrue('health', async () => (await answers(url, '/health')) !== undefined);

const settle = async ({ url, dataDir }: Host, nodeId: string, token: string): Promise<void> => {
  await untilTrue('the agent runs', async () => listProcessesOf(join(dataDir, 'agent')).length > 0);
  await untilTrue('the agent is linked', () => isLinked(url, nodeId, token));
};

const openOn = async (host: Host): Promise<Stage> => {
  const { url, dataDir } = host;
  const watcher = createWatcher(url);
  const accessToken = await watcher.token();
  await untilTrue('the local agent is enrolled', async () => (await findLocalNode(url, accessToken)) !== undefined);
  const local = await findLocalNode(url, accessToken);
  if (local === undefined) throw new Error('the local agent is not enrolled');
  await settle(host, local.id, accessToken);
  const metricAgent = await startMetricAgent({ url, dataDir });
  const ledger = createLedger(local.name);
  const recover = async (): Promise<void> => {
    await host.restart();
    await untilHealthy(url);
    await settle(host, local.id, await watcher.token());
  };

  return {
    ...host,
    recover,
    token: watcher.token,
    nodeId: local.id,
    ledger,
    metricAgent,
    underLoad: async (beforeMs, fault) => {
      const load = await startLoad({ url, nodeId: local.id, ledger, metricAgent });
      try {
        await sleep(beforeMs);
        await fault();
        const startedAtMs = performance.now();
        await recover();
        return { recoveryMs: performance.now() - startedAtMs };
      } finally {
        await load.stop();
      }
    },
    inspect: async () => {
      await metricAgent.untilAcknowledged(RECOVERY_TIMEOUT_MS);
      const problems = await inspectInstallation(
        { url, dataDir, nodeId: local.id, token: await watcher.token() },
        { ledger, metricAgent },
      );
      // A killed server's last children notice within moments; an agent that lost its core, too.
      const deadlineMs = performance.now() + ORPHANS_LEAVE_MS;
      while (listOrphans(dataDir, ROOTS).length > 0 && performance.now() < deadlineMs) await sleep(POLL_MS);
      return [...problems, ...listOrphans(dataDir, ROOTS)];
    },
    close: async () => {
      await metricAgent.stop();
      const left = await host.close();
      if (left.length > 0) throw new Error(`left running: ${left.join(', ')}`);
    },
  };
};

export type StageOptions = {
  /** Added to that of the core. */
  environment?: Record<string, string>;
  /** Instead of a new one; removed at the end all the same. */
  dataDir?: TempDir;
};

/** Makes an installation with an administrator, its local agent linked, and an agent that keeps a tally. */
export const openStage = async ({ environment = {}, dataDir }: StageOptions = {}): Promise<Stage> => {
  const host = await openHost(environment, dataDir ?? (await openDataDir()));
  try {
    return await openOn(host);
  } catch (error) {
    await host.close();
    throw error;
  }
};
