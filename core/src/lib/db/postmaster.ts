/**
 * One run of the embedded server: finding a living one, starting one, stopping it. The server outlives a core that is
 * killed, on purpose: the next core attaches to it, and nobody waits for a recovery that was not needed.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { asServerUser } from './cluster.ts';
import { isListening } from './data-dir-lock.ts';
import type { Layout } from './layout.ts';
import { socketPath } from './layout.ts';
import {
  findCommandLine,
  isServerOf,
  POLL_MS,
  pidFile,
  readPidFile,
  untilGone,
  untilNoOrphans,
} from './server-process.ts';

export interface Postmaster {
  pid: number;
  /** True: it was there already. */
  isAttached: boolean;
  /** Settles when the process is gone, for whatever reason. */
  ended: Promise<unknown>;
}

const WATCH_MS = 200;
const STALE_TIMEOUT_MS = 10_000;

/** Everything is set here, and nothing in files that an older version may have written. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // A file per weekday, overwritten the week after, survives the core that started the server.
  logging_collector: 'on',
  log_filename: 'postgres-%a.log',
  log_truncate_on_rotation: 'on',
  log_rotation_size: '0',
  log_rotation_age: '1d',
  log_file_mode: '0600',
  // Neither statements nor the values in them: both may hold secrets.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
};

const serverArgs = (layout: Layout): string[] => [
  '-D',
  layout.clusterDir,
  '-k',
  layout.runDir,
  ...Object.entries({ ...SETTINGS, log_directory: layout.logDir }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]),
];

/** Same program, same settings, and the file it runs from was not replaced by an upgrade. */
const isCurrent = async (layout: Layout, pid: number, words: string[]): Promise<boolean> => {
  const wanted = [layout.binaries.postgres, ...serverArgs(layout)].filter((word) => word !== '');
  const exe = await readlink(`/proc/${pid}/exe`).catch(() => '');
  return words.join('\0') === wanted.join('\0') && !exe.endsWith('(deleted)');
};

/** Fast stop: open transactions are rolled back, everything is flushed. Immediate stop if that takes too long. */
export const stopPostmaster = async (layout: Layout, pid: number): Promise<void> => {
  for (const [signal, timeoutMs] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return;
      throw error;
    }
    if (await untilGone(layout, pid, POLL_MS, performance.now() + timeoutMs)) {
      // Its log writer is the last to go, a moment after it.
      await untilNoOrphans(layout, timeoutMs);
      return;
    }
  }
  throw new AppError('database_unavailable', `The database server (process ${pid}) does not stop.`);
};

/** A living server of this cluster, ready for use. One with other settings, or of another version, is stopped first. */
export const findRunning = async (layout: Layout): Promise<Postmaster | undefined> => {
  for (;;) {
    const found = await readPidFile(layout);
    if (found === undefined) return undefined;
    const words = await findCommandLine(found.pid);
    if (words === undefined || !isServerOf(layout, words)) return undefined;
    if (found.isReady && !(await isCurrent(layout, found.pid, words))) {
      await stopPostmaster(layout, found.pid);
      return undefined;
    }
    if (found.isReady && (await isListening(socketPath(layout)))) {
      return { pid: found.pid, isAttached: true, ended: untilGone(layout, found.pid, WATCH_MS) };
    }
    // Starting, recovering or stopping: whichever it is, it ends.
    await delay(POLL_MS);
  }
};

/**
 * Removes what a killed server left. PostgreSQL does it itself unless the process id in the file is in use: by a zombie
 * that nobody reaps, or by another program since. Never while a process of the old server is left: two of them on one
 * directory would destroy it.
 */
const clearStale = async (layout: Layout): Promise<void> => {
  const found = await readPidFile(layout);
  if (found === undefined) return;
  if (await isListening(socketPath(layout))) {
    throw new AppError(
      'conflict',
      `Another PostgreSQL server is using ${layout.clusterDir}, perhaps in another container: stop it first.`,
    );
  }
  if (!(await untilNoOrphans(layout, STALE_TIMEOUT_MS))) {
    throw new AppError('conflict', `Processes of an earlier database server still use ${layout.clusterDir}.`);
  }
  await rm(pidFile(layout), { force: true });
  await rm(`${socketPath(layout)}.lock`, { force: true });
};

const lastLogLines = async (layout: Layout): Promise<string> => {
  const today = new Date().toUTCString().slice(0, 3);
  const text = await readFile(join(layout.logDir, `postgres-${today}.log`), 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-3).join(' | ');
};

const startError = async (layout: Layout, stderr: string): Promise<AppError> => {
  const fatal = stderr.split('\n').filter((line) => /FATAL|PANIC|error/.test(line));
  const reason = fatal.at(-1) ?? (await lastLogLines(layout));
  if (/No space left on device|Disk quota exceeded/.test(`${stderr}${reason}`)) {
    return new AppError(
      'database_unavailable',
      `There is no space left on the disk of ${layout.homeDir}: the database cannot start.`,
    );
  }
  return new AppError('database_unavailable', `The database server did not start: ${reason.trim()}`, {
    detail: { logDir: layout.logDir },
  });
};

const untilReady = async (
  layout: Layout,
  child: ChildProcess,
  ended: Promise<unknown>,
  signal?: AbortSignal,
): Promise<boolean> => {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    signal?.throwIfAborted();
    const found = await readPidFile(layout);
    // A file of the server before it may still say "ready": only the process id tells whose it is.
    if (found?.isReady === true && found.pid === child.pid) return true;
    await delay(POLL_MS);
  }
  return false;
};

/** Starts a server and waits until it takes queries, however long its recovery is. @throws AppError `database_unavailable` */
export const startPostmaster = async (layout: Layout, signal?: AbortSignal): Promise<Postmaster> => {
  await clearStale(layout);
  const child = spawn(layout.binaries.postgres, serverArgs(layout), {
    ...asServerUser(layout),
    detached: true, // neither the terminal's Ctrl-C nor the end of the core may stop it in the middle of something
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4000);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      stderr += `error: ${error.message}`;
      resolve();
    });
  });
  try {
    if (!(await untilReady(layout, child, ended, signal)) || child.pid === undefined)
      throw await startError(layout, stderr);
  } catch (error) {
    if (child.pid !== undefined && child.exitCode === null) await stopPostmaster(layout, child.pid);
    throw error;
  }
  child.stderr.destroy();
  return { pid: child.pid, isAttached: false, ended };
};
