/** Starts a server and waits for its first answer. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '../../lab/free-port.ts';

const ROOT = join(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 4;

export interface Started {
  tookMs: number;
  url: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

const isHealthy = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const sent = get(`${url}/health`, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    // Nobody listens yet.
    sent.once('error', () => resolve(false));
  });

/** From the start of the process to the first 200. */
export const start = async (
  argv: readonly [string, ...string[]],
  environment: Record<string, string>,
): Promise<Started> => {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const [command, ...args] = argv;
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: String(port),
      NODE_COMPILE_CACHE: join(ROOT, '.cache/compile'),
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'ignore'],
    detached: true, // a process group of its own: npm does not hand every signal on
  });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGTERM');
    await exited;
  };
  while (!(await isHealthy(url))) {
    if (performance.now() - startedAt > START_TIMEOUT_MS || child.exitCode !== null) {
      await stop();
      throw new Error(`${argv.join(' ')} did not answer`);
    }
    await delay(POLL_MS);
  }
  return { tookMs: performance.now() - startedAt, url, process: child, stop };
};
