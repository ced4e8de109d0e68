/** What the system tells about the processes of an embedded server: its pid file, its command line, its children. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Layout } from './layout.ts';

export const POLL_MS = 5;

/** Written by the server: it exists while one runs, or was killed. */
export const pidFile = (layout: Layout): string => join(layout.clusterDir, 'postmaster.pid');

/** Process id and state from `postmaster.pid`: its first and eighth line. */
export const parsePidFile = (text: string): { pid: number; isReady: boolean } | undefined => {
  const lines = text.split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  return pid > 1 ? { pid, isReady: lines[7]?.trim() === 'ready' } : undefined;
};

export const readPidFile = async (layout: Layout): Promise<{ pid: number; isReady: boolean } | undefined> => {
  try {
    return parsePidFile(await readFile(pidFile(layout), 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/** The words of a process's command line; empty for a zombie, undefined when there is none. */
export const findCommandLine = async (pid: number): Promise<string[] | undefined> => {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  return text?.split('\0').filter((word) => word !== '');
};

/** Whether this is the master of our cluster, and not some other program that got its process id. */
export const isServerOf = (layout: Layout, words: string[] | undefined): boolean =>
  words !== undefined && (words[0]?.endsWith('postgres') ?? false) && words.includes(layout.clusterDir);

/** Resolves when the master is gone, with false when it is still there at `deadlineMs` of `performance.now`. */
export const untilGone = async (
  layout: Layout,
  pid: number,
  pollMs: number,
  deadlineMs = Number.POSITIVE_INFINITY,
): Promise<boolean> => {
  while (isServerOf(layout, await findCommandLine(pid))) {
    if (performance.now() > deadlineMs) return false;
    await delay(pollMs);
  }
  return true;
};

/** Processes of a server whose master is dead work in its data directory until they notice. */
const hasOrphans = async (layout: Layout): Promise<boolean> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const dirs = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return dirs.includes(layout.clusterDir);
};

/** Resolves when no process of the server is left, with false when one is still there after `timeoutMs`. */
export const untilNoOrphans = async (layout: Layout, timeoutMs: number): Promise<boolean> => {
  for (const deadlineMs = performance.now() + timeoutMs; await hasOrphans(layout); await delay(POLL_MS)) {
    if (performance.now() > deadlineMs) return false;
  }
  return true;
};
