/** What changed about a machine, as people would tell it. Pure. */
import type { NodeFacts } from '@serverbox/contract/wire';

const GIB = 1024 ** 3;
/** The agent computes the boot time from the clock and the uptime, which drift against each other. */
const SAME_BOOT_MS = 120_000;
/** A kernel reserves a little more or less at each start. */
const SAME_MEMORY_RATIO = 0.01;

const LABELS = {
  hostname: 'Host name',
  os: 'Operating system',
  kernel: 'Kernel',
  arch: 'Architecture',
  virtualization: 'Virtualization',
  cpuModel: 'CPU',
  cpuCores: 'Number of cores',
  dockerVersion: 'Docker',
  agentVersion: 'Agent',
} as const satisfies Partial<Record<keyof NodeFacts, string>>;

const memoryText = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;
const changed = (label: string, before: unknown, after: unknown): string =>
  `${label} changed from ${before ?? 'none'} to ${after ?? 'none'}`;

/** One sentence for each change, none when nothing worth telling has changed. */
export const describeChanges = (before: NodeFacts, after: NodeFacts): string[] => {
  const keys = Object.keys(LABELS) as (keyof typeof LABELS)[];
  const changes = keys
    .filter((key) => before[key] !== after[key])
    .map((key) => changed(LABELS[key], before[key], after[key]));
  const isMemoryChanged =
    Math.abs(after.memTotalBytes - before.memTotalBytes) > SAME_MEMORY_RATIO * before.memTotalBytes;
  if (isMemoryChanged)
    changes.push(changed('Memory', memoryText(before.memTotalBytes), memoryText(after.memTotalBytes)));
  if (after.bootedAt - before.bootedAt > SAME_BOOT_MS) changes.push('The machine was restarted');
  return changes;
};
