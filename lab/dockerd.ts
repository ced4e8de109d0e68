/**
 * The lab's own Docker daemon: started with everything it would otherwise leave on the machine pointed into one
 * directory, and taken away without a trace. It makes no firewall rules and changes no kernel setting: containers reach
 * each other and the machine, nothing beyond.
 */
import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connectEngine } from './engine.ts';
import { getProgram } from './programs.ts';

/** What one daemon has to itself; two daemons need two of them. */
export type DockerdPlace = {
  dir: string;
  /** Name of its network bridge, at most 15 characters. */
  bridge: string;
  bridgeAddress: string;
};

export type DockerdState = DockerdPlace & { pid: number; socketPath: string };

/** Where the daemon lives that all tests share. RFC 2544 keeps 198.18.0.0/15 for test benches: no real network is there. */
export const SHARED_PLACE: DockerdPlace = {
  dir: join(tmpdir(), 'serverbox-lab-docker'),
  bridge: 'sbxlab0',
  bridgeAddress: '198.18.250.1/24',
};

const run = promisify(execFile);
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

// The number alone proves nothing: after a restart of the machine another program may have it.
const isAlive = ({ pid, dir }: DockerdState): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(dir, 'daemon.json'));
  } catch {
    return false; // no such process
  }
};

/** The daemon that runs at a place; what one that died left there is cleaned away. Callers keep others out meanwhile. */
export const findDockerdState = async (place: DockerdPlace): Promise<DockerdState | undefined> => {
  const path = join(place.dir, 'state.json');
  if (!existsSync(path)) return undefined;
  const state = JSON.parse(await readFile(path, 'utf8')) as DockerdState;
  if (isAlive(state)) return state;
  await removeTraces(state);
  return undefined;
};

/** Starts a daemon, listening at `socketPath` or else in its own directory, and waits until it answers. */
export const startDockerd = async (
  place: DockerdPlace,
  socketPath = join(place.dir, 'docker.sock'),
): Promise<DockerdState> => {
  const { dir } = place;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await ensureBridge(place);
  // Else the engine would put its identity, a key, under /etc.
  await writeFile(join(dir, 'daemon.json'), JSON.stringify({ 'deprecated-key-path': join(dir, 'key.json') }));
  const log = await open(join(dir, 'log'), 'w');
  const stdio = ['ignore', log.fd, log.fd] as const;
  const daemon = spawn(getProgram('dockerd'), argumentsFor(place, socketPath), {
    cwd: '/',
    detached: true,
    stdio: [...stdio],
  });
  daemon.unref();
  await log.close();
  const state = { ...place, pid: daemon.pid ?? 0, socketPath };
  await writeFile(join(dir, 'state.json'), JSON.stringify(state));
  try {
    await untilReachable(state, daemon);
  } catch (error) {
    await stopDockerd(state);
    throw error;
  }
  return state;
};

const untilReachable = async ({ dir, socketPath }: DockerdState, daemon: ChildProcess): Promise<void> => {
  const engine = connectEngine(socketPath);
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await engine.isReachable())) {
    if (daemon.exitCode !== null || Date.now() > deadline) {
      const lastLines = (await readFile(join(dir, 'log'), 'utf8')).split('\n').slice(-15).join('\n');
      throw new Error(`dockerd could not be started:\n${lastLines}`);
    }
    await sleep(POLL_MS);
  }
};

const argumentsFor = ({ dir, bridge }: DockerdPlace, socketPath: string): string[] => [
  ...['--config-file', join(dir, 'daemon.json')],
  ...['--data-root', join(dir, 'data')],
  ...['--exec-root', join(dir, 'exec')],
  ...['--pidfile', join(dir, 'pid')],
  ...['--host', `unix://${socketPath}`],
  ...['--bridge', bridge],
  '--iptables=false',
  '--ip6tables=false',
  '--ip-masq=false',
  '--ip-forward=false',
];

const ensureBridge = async ({ bridge, bridgeAddress }: DockerdPlace): Promise<void> => {
  if (existsSync(`/sys/class/net/${bridge}`)) return;
  const ip = getProgram('ip');
  await run(ip, ['link', 'add', bridge, 'type', 'bridge']);
  await run(ip, ['address', 'add', bridgeAddress, 'dev', bridge]);
  await run(ip, ['link', 'set', bridge, 'up']);
};

/** Removes all containers and networks, ends the daemon and removes what it left. */
export const stopDockerd = async (state: DockerdState): Promise<void> => {
  const engine = connectEngine(state.socketPath);
  if (await engine.isReachable()) {
    // Their processes are not the daemon's children: they would outlive it.
    const containers = (await engine.call('GET', '/containers/json?all=1')) as { Id: string }[];
    for (const { Id } of containers) await engine.call('DELETE', `/containers/${Id}?force=1&v=1`);
    await engine.call('POST', '/networks/prune');
  }
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    if (isAlive(state)) process.kill(state.pid, signal);
    while (isAlive(state) && Date.now() < deadline) await sleep(POLL_MS);
  }
  await removeTraces(state);
};

const removeTraces = async ({ dir, bridge, socketPath }: DockerdState): Promise<void> => {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const path of mounts.filter((mount) => mount.startsWith(`${dir}/`)).reverse()) await run('umount', ['-l', path]);
  if (existsSync(`/sys/class/net/${bridge}`)) await run(getProgram('ip'), ['link', 'delete', bridge]);
  await rm(socketPath, { force: true });
  await rm(dir, { recursive: true, force: true });
  for (const path of await listEmptyFolders()) await removeIfEmpty(path);
};

/** Directories that dockerd makes at fixed places and that another daemon may still be using. */
const listEmptyFolders = async (): Promise<string[]> => {
  const cgroups = '/sys/fs/cgroup';
  const hierarchies = await readdir(cgroups);
  return [
    `${cgroups}/docker`,
    ...hierarchies.map((name) => `${cgroups}/${name}/docker`),
    '/run/docker/plugins',
    '/run/docker',
  ].filter((path) => existsSync(path));
};

const removeIfEmpty = async (path: string): Promise<void> => {
  try {
    await rmdir(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOTEMPTY' && code !== 'EBUSY') throw error;
  }
};
