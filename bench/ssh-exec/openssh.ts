/** OpenSSH's client with a shared connection (ControlMaster) to each node, and without. */
import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface OpenSsh {
  /** One command on every node, in ms. */
  fanOut(): Promise<number>;
  exec(): Promise<number>;
  stream(path: string): Promise<number>;
  sftp(path: string): Promise<number>;
  stop(): Promise<void>;
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};
const untilThere = async (path: string): Promise<void> => {
  for (let tries = 0; tries < 600 && !existsSync(path); tries += 1) await delay(50);
};
/** Output goes nowhere, and so costs nobody anything. */
const toNowhere = async (program: string, argv: readonly string[], input = ''): Promise<void> => {
  const child = spawn(program, argv, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(input);
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
};

/** @param options of ssh: key, known hosts, port; @param destination user and host */
export const openMasters = async (
  dir: string,
  options: readonly string[],
  destination: string,
  count: number,
): Promise<OpenSsh> => {
  const paths = Array.from({ length: count }, (_, i) => join(dir, `m${i}`));
  const masters: ChildProcess[] = [];
  for (const path of paths) {
    masters.push(spawn('ssh', [...options, '-M', '-N', '-S', path, destination], { stdio: 'ignore' }));
    await untilThere(path);
  }
  const [first = ''] = paths;
  const one = (path: string) => run('ssh', [...options, '-S', path, destination, 'echo', 'ok']);
  return {
    fanOut: () => timed(() => Promise.all(paths.map(one))),
    exec: () => timed(() => one(first)),
    stream: (path) => timed(() => toNowhere('ssh', [...options, '-S', first, destination, 'cat', path])),
    sftp: (path) => {
      const flags = [...options, '-o', `ControlPath=${first}`, '-b', '-', destination];
      return timed(() => toNowhere('sftp', flags, `get ${path} /dev/null\n`));
    },
    stop: async () => {
      await Promise.all(
        masters.map(async (master) => {
          master.kill();
          if (master.exitCode === null && master.signalCode === null) await once(master, 'exit');
        }),
      );
    },
  };
};

/** As many local processes as there are nodes: what cannot be done without, in ms. */
export const spawnLocally = (count: number): Promise<number> =>
  timed(() => Promise.all(Array.from({ length: count }, () => run('sh', ['-c', 'echo ok']))));
