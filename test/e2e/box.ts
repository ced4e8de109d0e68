/** The product as a user starts it: a process of its own with a data directory of its own, on a free port. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openTempDir } from '../../lab/temp-dir.ts';
import { BUNDLED_CORE } from '../../scripts/lib/core-bundle.mjs';

const ROOT = join(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 60_000;

export interface Box {
  url: string;
  /** Undefined once set-up is done. */
  setupCode: string | undefined;
  process: ChildProcess;
  /** Everything on standard error so far: the core's log. */
  log(): string;
  /** Lines of level error: there are none unless a test provoked them. */
  errors(): string[];
  /** SIGTERM, or another signal that asks for an orderly end; then the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  kill(): Promise<void>;
}

export interface Ending {
  code: number | null;
  stdout: string;
  stderr: string;
}

const READY = /ready: (http\S+?)(?:\/setup#code=([A-Z0-9-]+))?(?:\s|$)/;

const spawnCore = (dataDir: string, environment: Record<string, string>, entry: readonly string[]): ChildProcess =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...entry], {
    cwd: ROOT,
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', SERVERBOX_DATA_DIR: dataDir },
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const collect = (stream: ChildProcess['stderr']): (() => string) => {
  let text = '';
  stream?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return () => text;
};

const firstMatch = async (child: ChildProcess): Promise<RegExpExecArray> => {
  if (child.stdout === null) throw new Error('no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    const match = READY.exec(line);
    if (match !== null) return match;
  }
  throw new Error('the core ended before it was ready');
};

const isError = (line: string): boolean => line.startsWith('{') && JSON.parse(line).level === 'error';

/** Starts the core. Environment variables are added to a clean configuration. */
export const startBox = async (
  dataDir: string,
  environment: Record<string, string> = {},
  entry: readonly string[] = BUNDLED_CORE,
): Promise<Box> => {
  const child = spawnCore(dataDir, environment, entry);
  const log = collect(child.stderr);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  try {
    const [, url = '', setupCode] = await firstMatch(child);
    // Whatever else it prints is read, so that the pipe never fills.
    child.stdout?.resume();
    const stop = async (signal: NodeJS.Signals) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return (await exited)[0];
    };
    return {
      url,
      setupCode,
      process: child,
      log,
      errors: () => log().split('\n').filter(isError),
      stop: (signal = 'SIGTERM') => stop(signal),
      kill: async () => {
        await stop('SIGKILL');
      },
    };
  } catch (cause) {
    child.kill('SIGKILL');
    throw new Error(`the core did not start:\n${log()}`, { cause });
  } finally {
    clearTimeout(timer);
  }
};

/** Runs a core that is expected not to stay, and waits for its end. */
export const runToEnd = async (
  dataDir: string,
  environment: Record<string, string> = {},
  entry: readonly string[] = BUNDLED_CORE,
): Promise<Ending> => {
  const child = spawnCore(dataDir, environment, entry);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, stdout: stdout(), stderr: stderr() };
};

/** A data directory that goes away at the end. The unprivileged database user has to reach it. */
export const openDataDir = () => openTempDir('e2e');

export const ADMIN = { email: 'admin@example.org', password: 'correct horse battery staple' };
/** Skips set-up: the administrator is made at the first start. */
export const WITH_ADMIN = { SERVERBOX_ADMIN_EMAIL: ADMIN.email, SERVERBOX_ADMIN_PASSWORD: ADMIN.password };
