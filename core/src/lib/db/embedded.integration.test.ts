import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { test as base, expect } from 'vitest';
import { AppError } from '../errors.ts';
import { silentLog } from '../log.ts';
import type { Database } from './database.ts';
import { openDatabase } from './database.ts';
import type { EmbeddedDatabase, EmbeddedOptions } from './embedded.ts';
import { openEmbedded } from './embedded.ts';

interface Installation {
  dataDir: string;
  start(options?: Partial<EmbeddedOptions>): Promise<EmbeddedDatabase>;
  open(embedded: EmbeddedDatabase): Promise<Database>;
}

const isRoot = process.getuid?.() === 0;

/** A data directory of its own; what was started on it is stopped, and its server killed if nobody stopped it. */
const test = base.extend<{ installation: Installation }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of the fixtures used from this pattern
  installation: async ({}, use) => {
    const dataDir = await mkdtemp('/tmp/serverbox-db-');
    const stops: (() => Promise<void>)[] = [];
    await use({
      dataDir,
      start: async (options) => {
        const embedded = await openEmbedded({ dataDir, log: silentLog, ...options });
        stops.push(embedded.stop);
        return embedded;
      },
      open: async (embedded) => {
        const database = await openDatabase({ source: { embedded: embedded.connection }, log: silentLog });
        stops.push(database.close);
        return database;
      },
    });
    for (const stop of stops.reverse()) await stop();
    const pid = await findServerPid(dataDir);
    if (pid !== undefined) process.kill(pid, 'SIGQUIT');
    await rm(dataDir, { recursive: true, force: true });
  },
});

const clusterDir = (dataDir: string): string => join(dataDir, 'postgres/data');

const findServerPid = async (dataDir: string): Promise<number | undefined> => {
  const text = await readFile(join(clusterDir(dataDir), 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
  return cwd === clusterDir(dataDir) ? pid : undefined;
};

const getServerPid = async (dataDir: string): Promise<number> => {
  const pid = await findServerPid(dataDir);
  if (pid === undefined) throw new Error('no server runs');
  return pid;
};

/** Kills the server and everything that belongs to it, as the kernel does when memory runs out. */
const killServer = async (dataDir: string): Promise<void> => {
  process.kill(await getServerPid(dataDir), 'SIGKILL');
};

/** Until another server than `pid` takes connections: what a killed one leaves may answer for a moment. */
const untilReplaced = async (dataDir: string, pid: number): Promise<void> => {
  const isReady = async () => {
    const lines = (await readFile(join(clusterDir(dataDir), 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    return Number(lines[0]) !== pid && lines[7]?.trim() === 'ready';
  };
  await expect.poll(isReady, { timeout: 30_000 }).toBe(true);
};

const createTally = (database: Database) =>
  database.withOwner((client) => client.query('CREATE TABLE tally (n integer PRIMARY KEY)'));
const readTally = async (database: Database): Promise<number[]> => {
  const { rows } = await database.db.execute<{ n: number }>(sql`SELECT n FROM tally ORDER BY n`);
  return rows.map(({ n }) => n);
};

/** A core in a process of its own, and the lines that it says. */
const startCore = (args: string[], user?: number): { core: ChildProcess; lines: AsyncIterator<string> } => {
  const script = join(import.meta.dirname, 'testing-core.ts');
  const core = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  return { core, lines: createInterface({ input: core.stdout })[Symbol.asyncIterator]() };
};

const nextLine = async (lines: AsyncIterator<string>): Promise<string> => {
  const { value, done } = await lines.next();
  if (done === true) throw new Error('the core ended without a word');
  return value;
};

test('the first start creates a database and the second finds its rows', async ({ installation }) => {
  const first = await installation.start();
  const database = await installation.open(first);
  await createTally(database);
  await database.db.execute(sql`INSERT INTO tally VALUES (7)`);
  await database.close();
  await first.stop();
  const again = await installation.open(await installation.start());
  expect(await readTally(again)).toEqual([7]);
});

test('the server has checksums, UTF-8, and every setting that makes a committed row durable', async ({
  installation,
}) => {
  const database = await installation.open(await installation.start());
  const { rows } = await database.db.execute(
    sql`SELECT current_setting('data_checksums') AS checksums, current_setting('fsync') AS fsync,
          current_setting('full_page_writes') AS pages, current_setting('synchronous_commit') AS sync,
          current_setting('server_encoding') AS encoding, current_setting('server_version_num')::int / 10000 AS major`,
  );
  expect(rows).toEqual([{ checksums: 'on', fsync: 'on', pages: 'on', sync: 'on', encoding: 'UTF8', major: 16 }]);
});

test('SE-12 only the user of the server can reach its socket and files, and there is no network port', async ({
  installation,
}) => {
  const umask = process.umask(0);
  try {
    const database = await installation.open(await installation.start());
    const home = await stat(join(installation.dataDir, 'postgres'));
    expect(home.mode & 0o777).toBe(0o700);
    for (const name of ['data', 'run', 'log']) {
      expect((await stat(join(installation.dataDir, 'postgres', name))).mode & 0o777, name).toBe(0o700);
    }
    expect((await lstat(join(installation.dataDir, 'postgres/run/.s.PGSQL.5432'))).mode & 0o777).toBe(0o700);
    expect((await stat(installation.dataDir)).mode & 0o007).toBe(0);
    const { rows } = await database.db.execute(sql`SELECT current_setting('listen_addresses') AS addresses`);
    expect(rows).toEqual([{ addresses: '' }]);
  } finally {
    process.umask(umask);
  }
});

test.runIf(isRoot)('as root, the server runs as a user without rights', async ({ installation }) => {
  await installation.start();
  const status = await readFile(`/proc/${await getServerPid(installation.dataDir)}/status`, 'utf8');
  expect(status).not.toMatch(/^Uid:\t0\t/m);
  expect(status).toMatch(/^CapEff:\t0+$/m);
  expect(status).toMatch(/^Groups:\t\s*$/m);
});

test('no variable of the environment reaches the server', async ({ installation }) => {
  await installation.start();
  const environment = await readFile(`/proc/${await getServerPid(installation.dataDir)}/environ`, 'utf8');
  expect(environment.split('\0').map((entry) => entry.split('=')[0])).not.toContain('HOME');
});

test('a second core on the same data directory is refused, and the first is not disturbed', async ({
  installation,
}) => {
  const database = await installation.open(await installation.start());
  await expect(installation.start()).rejects.toThrow(
    `Another Server Box (process ${process.pid}) is running on the data directory`,
  );
  const { core, lines } = startCore([installation.dataDir]);
  expect(await nextLine(lines)).toContain('Another Server Box (process ');
  await new Promise((resolve) => core.once('exit', resolve));
  expect(await database.health()).toBe('ok');
});

test('DB-1 a killed core loses no acknowledged row, and the next one attaches to its server', async ({
  installation,
}) => {
  const first = await installation.start();
  const prepared = await installation.open(first);
  await createTally(prepared);
  await prepared.close();
  await first.stop();
  let last = 0;
  for (let round = 0; round < 3; round += 1) {
    const { core, lines } = startCore([installation.dataDir, String(last + 1)]);
    expect(await nextLine(lines)).toBe('open');
    const pid = await getServerPid(installation.dataDir);
    for (let count = 0; count < 200; count += 1) last = Number(await nextLine(lines));
    core.kill('SIGKILL');
    // What it had said before it died counts too.
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) last = Number(line.value);
    const embedded = await installation.start();
    expect(await getServerPid(installation.dataDir)).toBe(pid);
    const database = await installation.open(embedded);
    const stored = await readTally(database);
    // One row more may be there: committed, but killed before it was said.
    expect(stored.slice(0, last)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    expect(stored.length - last).toBeLessThanOrEqual(1);
    last = stored.length;
    await database.close();
    await embedded.stop();
  }
});

test('DB-2 a killed server loses no acknowledged row, says so meanwhile, and is back by itself', async ({
  installation,
}) => {
  const database = await installation.open(await installation.start());
  await createTally(database);
  const acknowledged: number[] = [];
  const failures = new Set<string>();
  for (let round = 0; round < 3; round += 1) {
    const target = acknowledged.length + 300;
    let isKilled = false;
    for (let n = round * 1_000_000; acknowledged.length < target; n += 1) {
      if (!isKilled && acknowledged.length === target - 150) {
        isKilled = true;
        await killServer(installation.dataDir);
      }
      try {
        await database.db.execute(sql`INSERT INTO tally VALUES (${n})`);
        acknowledged.push(n);
      } catch (error) {
        failures.add(error instanceof AppError ? error.code : String(error));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
  expect([...failures]).toEqual(['database_unavailable']);
  const stored = new Set(await readTally(database));
  expect(acknowledged.filter((n) => !stored.has(n))).toEqual([]);
});

test('positive control: without synchronous commit the tally does see a loss', async ({ installation }) => {
  const database = await installation.open(await installation.start());
  await createTally(database);
  const pid = await getServerPid(installation.dataDir);
  let acknowledged = 0;
  const writing = database.withClient(async (client) => {
    await client.query('SET synchronous_commit = off');
    for (; ; acknowledged += 1) {
      await client.query('INSERT INTO tally VALUES ($1)', [acknowledged]);
      if (acknowledged === 500) process.kill(pid, 'SIGKILL');
    }
  });
  await expect(writing).rejects.toMatchObject({ code: 'database_unavailable' });
  await untilReplaced(installation.dataDir, pid);
  expect((await readTally(database)).length).toBeLessThan(acknowledged);
});

test('server and core killed together: the next start recovers', async ({ installation }) => {
  const { core, lines } = startCore([installation.dataDir]);
  expect(await nextLine(lines)).toBe('open');
  await killServer(installation.dataDir);
  core.kill('SIGKILL');
  await new Promise((resolve) => core.once('exit', resolve));
  const database = await installation.open(await installation.start());
  expect(await database.health()).toBe('ok');
});

test('a stale process file that names a living stranger is cleared', async ({ installation }) => {
  const first = await installation.start();
  const path = join(clusterDir(installation.dataDir), 'postmaster.pid');
  const lines = (await readFile(path, 'utf8')).split('\n');
  await first.stop();
  await writeFile(path, [String(process.pid), ...lines.slice(1)].join('\n'));
  const database = await installation.open(await installation.start());
  expect(await database.health()).toBe('ok');
});

test('what a first start that was killed left half-made is removed', async ({ installation }) => {
  await mkdir(join(installation.dataDir, 'postgres/data.init-abc/base'), { recursive: true });
  if (isRoot)
    await promisify(execFile)('chown', ['-R', 'serverbox', join(installation.dataDir, 'postgres')]).catch(
      () => undefined,
    );
  await installation.start();
  const names = await readdir(join(installation.dataDir, 'postgres'));
  expect(names.sort()).toEqual(['data', 'log', 'run']);
});

test('an aborted start leaves neither a server nor a lock', async ({ installation }) => {
  const abort = new AbortController();
  const starting = installation.start({ signal: abort.signal });
  setTimeout(() => abort.abort(), 100);
  await expect(starting).rejects.toThrow();
  expect(await findServerPid(installation.dataDir)).toBeUndefined();
  await installation.start();
});

test('a data directory that is a file is named so', async ({ installation }) => {
  const dataDir = join(installation.dataDir, 'file');
  await writeFile(dataDir, '');
  await expect(installation.start({ dataDir })).rejects.toThrow('is not a directory');
  await expect(installation.start({ dataDir: join(dataDir, 'below') })).rejects.toThrow('is not a directory');
});

test('a path that is too long for a socket is named so', async ({ installation }) => {
  const dataDir = join(installation.dataDir, 'd'.repeat(100));
  await expect(installation.start({ dataDir })).rejects.toThrow('bytes too long for a unix socket');
  expect(await readdir(installation.dataDir)).toEqual([]);
});

test('a data directory that this user may not write is named so', async ({ installation }) => {
  await chmod(installation.dataDir, 0o555);
  const { lines } = startCore([installation.dataDir], isRoot ? 65_534 : undefined);
  expect(await nextLine(lines)).toContain('is not writable for this user');
  await chmod(installation.dataDir, 0o755);
});

test.runIf(isRoot)(
  'a full disk at the first start is named so, and a start with space succeeds',
  async ({ installation }) => {
    const run = promisify(execFile);
    const dataDir = join(installation.dataDir, 'small');
    await chmod(installation.dataDir, 0o755);
    await mkdir(dataDir);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=0755', 'tmpfs', dataDir]);
    try {
      await expect(installation.start({ dataDir })).rejects.toThrow('no space left');
      await run('mount', ['-o', 'remount,size=200m', dataDir]);
      await (await installation.start({ dataDir })).stop();
    } finally {
      // Lazily: the kernel lets go of a process's files a moment after the process is gone.
      await run('umount', ['-l', dataDir]);
    }
  },
);

test.runIf(isRoot)(
  'a data directory below one that only root may pass is served from elsewhere',
  async ({ installation }) => {
    const closedDir = join(installation.dataDir, 'root');
    const systemDir = join(installation.dataDir, 'system');
    await chmod(installation.dataDir, 0o755);
    await mkdir(join(closedDir, 'data'), { recursive: true });
    await chmod(closedDir, 0o700);
    const embedded = await installation.start({ dataDir: join(closedDir, 'data'), systemDir });
    const database = await installation.open(embedded);
    expect(await database.health()).toBe('ok');
    expect(await readlink(join(closedDir, 'data/postgres'))).toMatch(new RegExp(`^${systemDir}/data-\\w{6}$`));
    expect((await stat(closedDir)).mode & 0o777).toBe(0o700);
  },
);
