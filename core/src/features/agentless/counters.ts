/** The counters of one answer of the sampler; rates are what lies between two of them. */
import type { Frame } from './frames.ts';
import { firstLine, linesOf } from './frames.ts';
import type { CpuStat } from './parse/cpu.ts';
import { parseStat } from './parse/cpu.ts';
import { parseDiskstats } from './parse/disks.ts';
import { parseNetDev } from './parse/network.ts';
import type { Known } from './parse/numbers.ts';
import { numberOf } from './parse/numbers.ts';

export interface Counters {
  uptimeSeconds: Known; // the node's own time: no step of its clock shows in a rate
  stat: CpuStat | undefined;
  disks: ReturnType<typeof parseDiskstats>;
  interfaces: ReturnType<typeof parseNetDev>;
}

export const readCounters = (frame: Frame): Counters => ({
  uptimeSeconds: numberOf(firstLine(frame, '/proc/uptime').split(' ')[0]),
  stat: parseStat(linesOf(frame, '/proc/stat')),
  disks: parseDiskstats(linesOf(frame, '/proc/diskstats')),
  interfaces: parseNetDev(linesOf(frame, '/proc/net/dev')),
});

export const secondsBetween = (before: Counters | undefined, now: Counters): number =>
  (now.uptimeSeconds ?? 0) - (before?.uptimeSeconds ?? now.uptimeSeconds ?? 0);
