/** Memory, from /proc/meminfo, whose unit is KiB whatever it says. */
import { countersOf } from './numbers.ts';

export interface Memory {
  totalBytes: number;
  usedBytes: number;
  cachedBytes: number;
  swapTotalBytes: number;
  swapUsedBytes: number;
}

/** Undefined when the total is not there. */
export const parseMeminfo = (lines: readonly string[]): Memory | undefined => {
  const bytes = new Map<string, number>();
  for (const line of lines) {
    const [name = '', rest = ''] = line.split(':', 2);
    const [kib] = countersOf(rest);
    if (kib !== undefined) bytes.set(name, kib * 1024);
  }
  const of = (name: string): number => bytes.get(name) ?? 0;
  const totalBytes = bytes.get('MemTotal');
  if (totalBytes === undefined) return undefined;
  // Kernels before 3.14 do not say what is available.
  const available = bytes.get('MemAvailable') ?? of('MemFree') + of('Buffers') + of('Cached');
  return {
    totalBytes,
    usedBytes: totalBytes - Math.min(available, totalBytes),
    cachedBytes: of('Cached') + of('Buffers') + of('SReclaimable'),
    swapTotalBytes: of('SwapTotal'),
    swapUsedBytes: of('SwapTotal') - Math.min(of('SwapFree'), of('SwapTotal')),
  };
};
