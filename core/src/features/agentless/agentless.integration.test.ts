import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureDockerd } from '../../../../lab/docker.ts';
import type { SshServer } from '../../../../lab/sshd.ts';
import { startSshd } from '../../../../lab/sshd.ts';
import { createMemoryBus } from '../../lib/bus/memory-bus.ts';
import { systemClock } from '../../lib/clock.ts';
import { withTestDatabase } from '../../lib/db/testing.ts';
import { openDocker } from '../../lib/docker/access.ts';
import { createSnapshot } from '../../lib/docker/snapshot.ts';
import { createLinks } from '../../lib/link/links.ts';
import type { PublicKey } from '../../lib/link/ssh-keys.ts';
import type { SshPoolOptions } from '../../lib/link/ssh-pool.ts';
import { keyCredential, openLabPool, scanHostKey } from '../../lib/link/testing-sshd.ts';
import { silentLog } from '../../lib/log.ts';
import { createMetrics } from '../metrics/service.ts';
import { insertNode } from '../metrics/testing.ts';
import { createFrameReader } from './frames.ts';
import { createMeasure } from './measure.ts';
import { parseFacts } from './parse/facts.ts';
import { SAMPLER } from './script.ts';
import { createAgentless } from './service.ts';

type Hello = Parameters<Parameters<typeof createMetrics>[0]['onHello']>[1];

let sshd: SshServer;
let hostKey: PublicKey;
beforeAll(async () => {
  sshd = await startSshd();
  hostKey = await scanHostKey(sshd.port);
});
afterAll(() => sshd.stop());

/** Pids of samplers that run on this machine, which is the node. */
const listSamplers = (): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sh\0-c\0\nLC_ALL=C;');
    } catch {
      return false; // it has ended meanwhile
    }
  });

const openBox = async (idleIntervalMs = 200) => {
  const { database, close } = await withTestDatabase();
  const hellos: Hello[] = [];
  const parts = { clock: systemClock, log: silentLog };
  const metrics = createMetrics({ ...parts, database, onHello: async (_, hello) => void hellos.push(hello) });
  const bus = createMemoryBus(silentLog);
  const links = createLinks({ ...parts, bus });
  const nodeId = await insertNode(database, 'web-1');
  const agentless = createAgentless({
    ...{ ...parts, links, bus },
    attachMetrics: metrics.attach,
    idleIntervalMs: () => idleIntervalMs,
  });
  agentless.start();
  const connect = async (options: Partial<SshPoolOptions> = {}) => {
    const lab = await openLabPool(sshd, { credential: keyCredential(sshd.privateKey), pinned: hostKey }, options);
    links.add(nodeId, lab.pool);
    return lab;
  };
  const dispose = async () => {
    agentless.stop();
    links.closeAll('the test ended');
    await metrics.close();
    await bus.close();
    await close();
  };
  return { metrics, links, nodeId, hellos, agentless, connect, [Symbol.asyncDispose]: dispose };
};

const valueFor = (values: readonly (number | null)[] | undefined, field: (typeof HOST_FIELDS)[number]) =>
  values?.[HOST_FIELDS.indexOf(field)];

test('a node without an agent is measured over SSH, by the same ingest as one with an agent', async () => {
  await using box = await openBox();
  const { metrics, nodeId, hellos } = box;
  await box.connect();
  await expect.poll(() => metrics.recentReadings(nodeId).length, { timeout: 10_000 }).toBeGreaterThan(2);
  const values = metrics.latestReading(nodeId)?.values;
  const totalKib = Number(/MemTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
  expect(valueFor(values, 'memTotalBytes')).toBe(totalKib * 1024);
  for (const field of ['cpuRatio', 'load1', 'diskTotalBytes', 'processCount', 'netRxBytesPerSecond'] as const)
    expect(valueFor(values, field), field).toEqual(expect.any(Number));
  const detail = metrics.latestDetail(nodeId)?.detail;
  expect(detail?.disks.map(({ mount }) => mount)).toContain('/');
  expect(detail?.cores.length).toBe(hellos[0]?.facts.cpuCores);
  expect(hellos).toHaveLength(1);
  expect(hellos[0]?.facts.kernel).toBe(readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim());
  expect(Math.abs(metrics.clockSkewMs(nodeId) ?? 9999)).toBeLessThan(2000);
});

test('measuring goes on after a lost connection, as the same spool', async () => {
  await using box = await openBox();
  const { metrics, nodeId, hellos } = box;
  const first = await box.connect();
  await expect.poll(() => metrics.recentReadings(nodeId).length, { timeout: 10_000 }).toBeGreaterThan(2);
  first.cut();
  await expect.poll(() => first.pool.closed.aborted).toBe(true);
  const cutAt = metrics.lastSampleAt(nodeId);
  await box.connect();
  await expect.poll(() => Number(metrics.lastSampleAt(nodeId)) > Number(cutAt) + 1000, { timeout: 10_000 }).toBe(true);
  expect(new Set(hellos.map(({ epoch }) => epoch)).size).toBe(1);
});

test('while somebody watches the node it is measured each second, otherwise at its own pace', async () => {
  await using box = await openBox(3_600_000);
  const { metrics, nodeId } = box;
  const ats: number[] = [];
  metrics.subscribe((news) => news.type === 'host' && ats.push(news.at));
  await box.connect();
  await expect.poll(() => ats.length, { timeout: 10_000 }).toBe(1);
  await delay(1500);
  expect(ats).toHaveLength(1);
  const unwatch = metrics.watch(nodeId);
  await expect.poll(() => ats.length, { timeout: 10_000 }).toBeGreaterThan(3);
  unwatch();
  const gaps = ats.slice(1).map((at, index) => at - (ats[index] ?? 0));
  for (const gap of gaps.slice(1)) expect(gap).toBeGreaterThan(800);
});

test('a connection that is cut leaves no process on the node', async () => {
  await using box = await openBox();
  const before = listSamplers();
  const { cut } = await box.connect();
  const isNew = (pid: string) => !before.includes(pid);
  await expect.poll(() => listSamplers().filter(isNew).length, { timeout: 5000 }).toBeGreaterThan(0);
  cut();
  await expect.poll(() => listSamplers().filter(isNew), { timeout: 10_000 }).toEqual([]);
});

test('the sampler is no reason to keep a connection that nobody looks at', async () => {
  await using box = await openBox();
  const { pool } = await box.connect({ lingerMs: 300 });
  const release = pool.hold();
  await expect.poll(() => box.metrics.recentReadings(box.nodeId).length, { timeout: 10_000 }).toBeGreaterThan(1);
  await delay(600);
  expect(pool.closed.aborted).toBe(false);
  release();
  await expect.poll(() => pool.closed.aborted, { timeout: 3000 }).toBe(true);
});

test('the agent takes over from the sampler, and the sampler from a lost agent', async () => {
  await using box = await openBox();
  const { links, nodeId } = box;
  const before = listSamplers();
  const samplers = () => listSamplers().filter((pid) => !before.includes(pid)).length;
  await box.connect();
  await expect.poll(samplers, { timeout: 5000 }).toBeGreaterThan(0);
  const agent = await openLabPool(sshd, { credential: keyCredential(sshd.privateKey), pinned: hostKey });
  links.add(nodeId, { ...agent.pool, via: 'agent', closed: agent.pool.closed });
  await expect.poll(samplers, { timeout: 10_000 }).toBe(0);
  agent.pool.close('the agent went');
  await expect.poll(samplers, { timeout: 10_000 }).toBeGreaterThan(0);
});

/** Answers of a sampler that a shell runs here; `path` is where it finds its programs first. */
const runLocally = async (shell: readonly [string, ...string[]], path?: string) => {
  const [program, ...words] = shell;
  const child = spawn(program, [...words, '-c', SAMPLER[2] ?? ''], { env: { PATH: path ?? process.env.PATH } });
  const reader = createFrameReader();
  const ask = async (number: number, what: string) => {
    child.stdin.write(`${number} ${what}\n`);
    for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
      const frame = reader.take(chunk as Buffer, number);
      if (frame !== undefined) return frame;
    }
    throw new Error('the sampler ended');
  };
  const [first, second] = [await ask(1, 'sdf'), await ask(2, 'sd')];
  child.stdin.end();
  const measure = createMeasure();
  measure(first);
  return { facts: parseFacts(first), ...measure(second) };
};

test('dash, bash and busybox, with its own programs only, tell the same', async () => {
  const applets = mkdtempSync(join(tmpdir(), 'serverbox-applets-'));
  try {
    for (const name of ['sh', 'grep', 'head', 'stat', 'date', 'uname', 'timeout', 'sed', 'ip'])
      symlinkSync('/usr/bin/busybox', join(applets, name));
    const [dash, bash, busybox] = await Promise.all([
      runLocally(['dash']),
      runLocally(['bash']),
      runLocally([join(applets, 'sh')], applets),
    ]);
    for (const other of [bash, busybox]) {
      const docker = { dockerVersion: null, dockerProblem: null };
      expect({ ...other.facts, ...docker }).toEqual({ ...dash.facts, ...docker });
      expect(other.detail?.disks.map(({ mount, totalBytes }) => [mount, totalBytes])).toEqual(
        dash.detail?.disks.map(({ mount, totalBytes }) => [mount, totalBytes]),
      );
      expect(other.values.map((value) => value === null)).toEqual(dash.values.map((value) => value === null));
    }
  } finally {
    rmSync(applets, { recursive: true });
  }
});

test('watching Docker is no reason to keep a connection either', async () => {
  const docker = await ensureDockerd();
  await using box = await openBox();
  const { pool } = await box.connect({ lingerMs: 500 });
  const access = openDocker(pool, silentLog);
  const ended = new AbortController();
  const snapshot = createSnapshot(systemClock, { changed: () => undefined, happened: () => undefined });
  void snapshot.follow(access.watching, ended.signal);
  const release = pool.hold();
  await delay(1000);
  expect(pool.closed.aborted).toBe(false);
  release();
  await expect.poll(() => pool.closed.aborted, { timeout: 3000 }).toBe(true);
  ended.abort();
  await access.close();
  await docker.stop();
});
