/** Processors, from /proc/stat (proc(5)): counters in ticks since the start. */
import type { Known } from './numbers.ts';
import { countersOf, shareOf } from './numbers.ts';

/** user, nice, system, idle, iowait, irq, softirq, steal. Guest time is contained in user time. */
export type CpuTimes = readonly number[];
export interface CpuStat {
  all: CpuTimes;
  cores: CpuTimes[];
  /** Unix seconds; 0 when the kernel does not say. */
  bootedAt: number;
}

const FIELDS = 8;
const MAX_CORES = 4096;
/** Waiting for disks may be counted back a little (proc(5)); that is no waiting. */
const IOWAIT = 4;
const TOLERATED_TICKS = 200;

const timesOf = (text: string): CpuTimes | undefined => {
  const counters = countersOf(text).slice(0, FIELDS);
  return counters.length < 4 ? undefined : [...counters, ...Array<number>(FIELDS - counters.length).fill(0)];
};

/** Undefined when there is no line for all processors. */
export const parseStat = (lines: readonly string[]): CpuStat | undefined => {
  let all: CpuTimes | undefined;
  const cores: CpuTimes[] = [];
  let bootedAt = 0;
  for (const line of lines) {
    const [name = '', rest = ''] = line.split(/ +(.*)/, 2);
    const times = name.startsWith('cpu') ? timesOf(rest) : undefined;
    if (name === 'cpu') all = times;
    else if (times !== undefined && cores.length < MAX_CORES) cores.push(times);
    else if (name === 'btime') bootedAt = countersOf(rest)[0] ?? 0;
  }
  return all && { all, cores, bootedAt };
};

export interface CpuShares {
  busy: Known;
  user: Known;
  system: Known;
  iowait: Known;
  steal: Known;
}
const UNKNOWN: CpuShares = { busy: null, user: null, system: null, iowait: null, steal: null };

/** Shares of the time between two readings. */
export const cpuShares = (before: CpuTimes | undefined, now: CpuTimes): CpuShares => {
  if (before === undefined) return UNKNOWN;
  const passed = now.map((ticks, index) => {
    const grown = ticks - (before[index] ?? 0);
    return index === IOWAIT && grown < 0 && grown >= -TOLERATED_TICKS ? 0 : grown;
  });
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = passed;
  if (passed.some((grown) => grown < 0)) return UNKNOWN;
  const total = passed.reduce((sum, grown) => sum + grown, 0);
  return {
    busy: shareOf(total - idle - iowait, total),
    user: shareOf(user + nice, total),
    system: shareOf(system + irq + softirq, total),
    iowait: shareOf(iowait, total),
    steal: shareOf(steal, total),
  };
};
