/**
 * Processes as the kernel shows them, and what can be done to them from outside: a power cut (SIGKILL), a hang (SIGSTOP) and
 * its end (SIGCONT). Linux only.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export type Process = {
  pid: number;
  parentPid: number;
  /** `R`, `S`, `T` (stopped), `Z` (ended, not yet reaped), … as in proc(5). */
  state: string;
  /** Empty for a zombie. */
  argv: readonly string[];
  /** Empty where it cannot be read. */
  cwd: string;
};

const POLL_MS = 10;

const readLink = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    // Another user's, a zombie's, or gone since: nothing is known, which is what '' means.
    return '';
  }
};

/** The process, or undefined when there is none. Zombies are processes. */
export const findProcess = (pid: number): Process | undefined => {
  try {
    // The name stands in parentheses and may hold anything; what follows the last one is numbers.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .filter((word) => word !== '');
    return { pid, parentPid: Number(fields[1]), state: fields[0] ?? '', argv, cwd: readLink(`/proc/${pid}/cwd`) };
  } catch {
    return undefined;
  }
};

/** Every process that lives; zombies are left out, because nothing can be done to them. */
const listProcesses = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => findProcess(Number(name)) ?? [])
    .filter(({ state }) => state !== 'Z');

/** Processes that name a path below `dir` as an argument, or work in it. */
export const listProcessesOf = (dir: string): Process[] =>
  listProcesses().filter(
    ({ argv, cwd }) => `${cwd}/`.startsWith(`${dir}/`) || argv.some((word) => `${word}/`.startsWith(`${dir}/`)),
  );

/** A process and all that descend from it, itself first. */
export const listFamily = (pid: number): Process[] => {
  const all = listProcesses();
  const withChildren = (process: Process): Process[] => [
    process,
    ...all.filter(({ parentPid }) => parentPid === process.pid).flatMap(withChildren),
  ];
  return all.filter((process) => process.pid === pid).flatMap(withChildren);
};

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};

/** Whether it lives: a zombie does not. */
export const isAlive = (pid: number): boolean => (findProcess(pid)?.state ?? 'Z') !== 'Z';

/** @throws Error when one of them still lives after `timeoutMs` */
const untilGone = async (pids: readonly number[], timeoutMs: number): Promise<void> => {
  const deadlineMs = performance.now() + timeoutMs;
  for (let left = pids.filter(isAlive); left.length > 0; left = left.filter(isAlive)) {
    if (performance.now() > deadlineMs) throw new Error(`still alive after ${timeoutMs} ms: ${left.join(', ')}`);
    await sleep(POLL_MS);
  }
};

/**
 * Ends processes as a power cut ends them: all stand still before the first one dies, so that none can notice the death of
 * another and tidy up. Resolves when they are gone.
 */
export const kill = async (pids: readonly number[]): Promise<void> => {
  for (const pid of pids) send(pid, 'SIGSTOP');
  for (const pid of pids) send(pid, 'SIGKILL');
  await untilGone(pids, 10_000);
};

/** Makes processes hang until `resume`: their connections stay open and nothing answers. */
export const pause = async (pids: readonly number[]): Promise<void> => {
  for (const pid of pids) send(pid, 'SIGSTOP');
  while (pids.some((pid) => !['T', 'Z'].includes(findProcess(pid)?.state ?? 'Z'))) await sleep(POLL_MS);
};

export const resume = (pids: readonly number[]): void => {
  for (const pid of pids) send(pid, 'SIGCONT');
};
