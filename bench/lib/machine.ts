/** The machine a figure was taken on, and how busy it was with other things. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { MS_PER_TICK, readFamilyCpuMs } from './process-stats.ts';

/** Below this share of idle time before a run, timings say more about the neighbours than about us. */
const QUIET_SHARE = 0.7;
/** Nor may others take more than this of the machine while we measure. */
const MAX_OTHERS_SHARE = 0.2;
const LOOK_MS = 2000;

export interface Calm {
  /** Of all cores, 0 to 1, while we looked. */
  idleShare: number;
  /** Over 1, 5 and 15 minutes. */
  load: [number, number, number];
  /** Of all cores during the run, taken by what is not ours. */
  othersShare: number;
  isQuiet: boolean;
}

interface CpuTimes {
  idle: number;
  total: number;
}

/** The first line of /proc/stat: user nice system idle iowait irq softirq steal, in ticks. */
export const parseCpuTimes = (text: string): CpuTimes => {
  const ticks = (text.split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, iowait = 0] = ticks;
  return { idle: idle + iowait, total: ticks.reduce((sum, each) => sum + each, 0) };
};

const readCpuTimes = (): CpuTimes => parseCpuTimes(readFileSync('/proc/stat', 'utf8'));
const round = (value: number): number => Math.round(value * 100) / 100;

const look = async (): Promise<Calm> => {
  const before = readCpuTimes();
  await delay(LOOK_MS);
  const after = readCpuTimes();
  const idleShare = round((after.idle - before.idle) / Math.max(1, after.total - before.total));
  const [one = 0, five = 0, fifteen = 0] = loadavg().map(round);
  return { idleShare, load: [one, five, fifteen], othersShare: 0, isQuiet: idleShare >= QUIET_SHARE };
};

/** Waits until the machine is quiet, at most `waitMs`, and says how it was then. */
export const untilQuiet = async (waitMs: number): Promise<Calm> => {
  const deadline = performance.now() + waitMs;
  let calm = await look();
  while (!calm.isQuiet && performance.now() < deadline) calm = await look();
  return calm;
};

/**
 * Runs `work` on a machine that was as `calm` says, and says how it was then. What `work` has started counts as ours when it
 * has ended; a container is nobody's child and counts as theirs.
 */
export const watchCalm = async <T>(calm: Calm, work: () => Promise<T>): Promise<{ result: T; calm: Calm }> => {
  const before = { ...readCpuTimes(), ours: readFamilyCpuMs(process.pid) };
  const result = await work();
  const after = { ...readCpuTimes(), ours: readFamilyCpuMs(process.pid) };
  const total = Math.max(1, after.total - before.total);
  const busy = total - (after.idle - before.idle);
  const ours = (after.ours - before.ours) / MS_PER_TICK;
  const othersShare = Math.max(0, round((busy - ours) / total));
  return { result, calm: { ...calm, othersShare, isQuiet: calm.isQuiet && othersShare <= MAX_OTHERS_SHARE } };
};

export const describeMachine = (): string => {
  const all = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown CPU'}, ${gigabytes} GB, Linux ${release()}, Node ${process.version}`;
};
