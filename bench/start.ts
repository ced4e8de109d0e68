/** How soon the core answers, what it weighs when nobody asks anything, and what has to be installed for it. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../lab/postgres.ts';
import { BUNDLED_CORE, ensureCore } from '../scripts/lib/core-bundle.mjs';
import { pinnedNodeFlags } from '../scripts/lib/platform.mjs';
import { WITH_ADMIN } from '../test/e2e/box.ts';
import type { Bench, BenchOptions } from './lib/bench.ts';
import { openDataDir } from './lib/data-dir.ts';
import type { Figure } from './lib/figure.ts';
import { interleave } from './lib/interleave.ts';
import { listTree, readCpuMs, readPssBytes, readRssBytes } from './lib/process-stats.ts';
import { NO_DOCKER, signIn, startProduct } from './lib/product.ts';
import { median } from './lib/statistics.ts';
import { listInstallation } from './start/install-size.ts';
import type { Started } from './start/launch.ts';
import { start } from './start/launch.ts';
import { describeImportCosts, listImportCosts } from './start/memory-map.ts';

const FLOOR = fileURLToPath(import.meta.resolve('./start/floor.mjs'));
const MB = 1e6;

const startOnce = async (
  argv: readonly [string, ...string[]],
  environment: Record<string, string>,
): Promise<number> => {
  const { tookMs, stop } = await start(argv, environment);
  await stop();
  return tookMs;
};

const CORE = [process.execPath, ...pinnedNodeFlags, ...BUNDLED_CORE] as const;
const QUIET = { LOG_LEVEL: 'error', ...WITH_ADMIN };

/** A database belongs to the key in its data directory, so both are given together. */
interface Installation {
  databaseUrl: string;
  dataDir: string;
}

const measureStarts = async ({ databaseUrl, dataDir }: Installation, rounds: number): Promise<Figure> => {
  const environment = {
    ...QUIET,
    DATABASE_URL: databaseUrl,
    SERVERBOX_DATA_DIR: dataDir,
    SERVERBOX_LOCAL_NODE: 'off',
  };
  const targets = {
    ours: () => startOnce(CORE, environment),
    floor: () => startOnce([process.execPath, ...pinnedNodeFlags, FLOOR], { DATABASE_URL: databaseUrl }),
  };
  // Once unmeasured: migrations run once in the life of an installation, and the compiler's cache is filled.
  await targets.ours();
  await targets.floor();
  const times = await interleave(['ours', 'floor'], rounds, (target) => targets[target]());
  return {
    id: 'S1',
    what: 'core with a given database, start to 200',
    unit: 'ms',
    better: 'lower',
    ours: median(times.ours),
    limit: { name: 'Node + Hono + pg', value: median(times.floor) },
    goal: { ofLimit: 2.5, absolute: 450 },
    note: `${rounds} starts, slowest ${Math.round(Math.max(...times.ours))} ms`,
  };
};

const measureNpmStart = async (rounds: number): Promise<Figure> => {
  const dataDir = await openDataDir();
  const environment = { ...QUIET, SERVERBOX_DATA_DIR: dataDir.path };
  const command = ['npm', 'start'] as const;
  try {
    await startOnce(command, environment);
    const { ours } = await interleave(['ours'], rounds, () => startOnce(command, environment));
    return {
      id: 'S0',
      what: 'warm `npm start` with the embedded database to 200',
      unit: 'ms',
      better: 'lower',
      ours: median(ours),
      goal: { absolute: 2000 },
      note: `${rounds} starts, slowest ${Math.round(Math.max(...ours))} ms; npm itself included`,
    };
  } finally {
    await dataDir.remove();
  }
};

const rssAfter = async ({ process: { pid } }: Started, idleMs: number): Promise<number> => {
  await delay(idleMs);
  return readRssBytes(Number(pid)) / MB;
};

/** The core, its database server and the agent of this machine, each shared page counted once. */
/** Of a process and its descendants. A helper of the database that ends meanwhile makes it look again. */
const sumPss = (root: number): { count: number; pssBytes: number } => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const pids = listTree(root);
      return { count: pids.length, pssBytes: pids.reduce((sum, pid) => sum + readPssBytes(pid), 0) };
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
};

const measureWhole = async (idleMs: number): Promise<Figure[]> => {
  const product = await startProduct({ dockerSocket: NO_DOCKER });
  try {
    await delay(idleMs * 2);
    const { pid } = product;
    const before = { cpuMs: readCpuMs(pid), at: performance.now() };
    await delay(idleMs * 2);
    const cpuPercent = ((readCpuMs(pid) - before.cpuMs) / (performance.now() - before.at)) * 100;
    const { count, pssBytes } = sumPss(pid);
    const pss = pssBytes / MB;
    return [
      {
        id: 'S2b',
        what: 'all processes idle after sign-in, PSS',
        unit: 'MB',
        better: 'lower',
        ours: pss,
        goal: { absolute: 150 },
        isExact: true,
        note: `${count} processes: core, embedded PostgreSQL, agent`,
      },
      {
        id: 'S4',
        what: 'core idle with one node, share of a core',
        unit: '%',
        better: 'lower',
        ours: cpuPercent,
        goal: { absolute: 0.3 },
      },
    ];
  } finally {
    await product.stop();
  }
};

const measureIdle = async ({ databaseUrl, dataDir }: Installation, idleMs: number): Promise<Figure> => {
  const environment = { ...QUIET, DATABASE_URL: databaseUrl, SERVERBOX_DATA_DIR: dataDir };
  const ours = await start(CORE, environment);
  try {
    const client = await signIn(ours.url);
    client.close();
    const oursMb = await rssAfter(ours, idleMs);
    const floor = await start([process.execPath, ...pinnedNodeFlags, FLOOR], { DATABASE_URL: databaseUrl });
    const floorMb = await rssAfter(floor, idleMs).finally(floor.stop);
    return {
      id: 'S2',
      what: 'core idle after sign-in, RSS',
      unit: 'MB',
      better: 'lower',
      ours: oursMb,
      limit: { name: 'Node + Hono + pg', value: floorMb },
      goal: { absolute: 90 },
      isExact: true,
      note: describeImportCosts(await listImportCosts()),
    };
  } finally {
    await ours.stop();
  }
};

const measureInstall = async (): Promise<Figure> => {
  const { parts, database } = await listInstallation();
  const told = [...parts, database].map(({ path, bytes }) => `${path} ${(bytes / MB).toFixed(1)}`);
  return {
    id: 'S3',
    what: 'installation besides Node and the PostgreSQL server',
    unit: 'MB',
    better: 'lower',
    ours: parts.reduce((sum, { bytes }) => sum + bytes, 0) / MB,
    goal: { absolute: 40 },
    isExact: true,
    note: told.join(', '),
  };
};

const run = async ({ isQuick, say }: BenchOptions): Promise<Figure[]> => {
  const idleMs = isQuick ? 3000 : 10_000;
  await ensureCore(say);
  say('npm start');
  const npmStart = await measureNpmStart(isQuick ? 2 : 5);
  const postgres = await startPostgres();
  const dataDir = await openDataDir();
  const installation = { databaseUrl: postgres.url, dataDir: dataDir.path };
  try {
    say('starts against the floor');
    const starts = await measureStarts(installation, isQuick ? 3 : 9);
    say('idle memory');
    const idle = await measureIdle(installation, idleMs);
    const whole = await measureWhole(idleMs);
    return [npmStart, starts, idle, ...whole, await measureInstall()];
  } finally {
    await postgres.stop();
    await dataDir.remove();
  }
};

export const startup: Bench = { id: 'start', title: 'Start, idle memory, installation', run };
