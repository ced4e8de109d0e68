/** How a node is doing, judged from what is known at this moment. Pure; nothing of it is stored. */
import type { HostField } from '@serverbox/contract/metrics';
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import type { NodeStatus } from '@serverbox/contract/nodes';
import { HOST_KEY_CHANGED } from '@serverbox/contract/ways';
import type { Presence } from './absence.ts';
import { absence } from './absence.ts';
import type { NodeReading, ObservedNodeDetail } from './ports.ts';

export interface StatusInput extends Presence {
  /** The last few, newest last. */
  readings: readonly NodeReading[];
  detail: ObservedNodeDetail | undefined;
  cpuCores: number | undefined;
  /** Two machines claim to be this node: the sentence. */
  conflict: string | null;
}
export type Verdict = Pick<NodeStatus, 'state' | 'reason'>;

interface Problem {
  level: 'warning' | 'critical';
  text: string;
}

/** So large a share of the recent readings has to be over a limit: a spike is not a state. */
const SHARE_OVER_LIMIT = 0.6;
const RECENT_MS = 60_000;
/** Contents of disks change slowly; beyond this age nothing is said about them. */
const DETAIL_VALID_MS = 600_000;
/** Images that are full by nature. */
const READ_ONLY_FILE_SYSTEMS = ['squashfs', 'iso9660', 'cramfs', 'erofs'];

const FULL = { warning: 0.9, critical: 0.95 };
const LOAD_PER_CORE = { warning: 2, critical: 4 };
const CELSIUS = { warning: 85, critical: 95 };

type Limits = typeof FULL;

const levelOf = (value: number, limits: Limits): Problem['level'] | undefined =>
  value >= limits.critical ? 'critical' : value >= limits.warning ? 'warning' : undefined;

const fieldOf = ({ values }: NodeReading, field: HostField): number => values[HOST_FIELDS.indexOf(field)] ?? Number.NaN;

/** The level that enough of the recent values reach, and the newest value to tell. */
const sustained = (
  values: readonly number[],
  limits: Limits,
): { level: Problem['level']; value: number } | undefined => {
  const known = values.filter((value) => !Number.isNaN(value));
  const value = known.at(-1);
  if (value === undefined) return undefined;
  for (const level of ['critical', 'warning'] as const) {
    const over = known.filter((one) => one >= limits[level]).length;
    if (over >= SHARE_OVER_LIMIT * known.length) return { level, value };
  }
  return undefined;
};

/** Rounded down: 99.6 per cent is not yet "100 % full". */
const percent = (ratio: number): string => `${Math.floor(ratio * 100 + 1e-6)} %`;

const listDiskProblems = ({ detail, nowMs, readings }: StatusInput): Problem[] => {
  const isDetailValid = detail !== undefined && nowMs - detail.observedAt.getTime() <= DETAIL_VALID_MS;
  if (!isDetailValid) {
    const ratios = readings.map((reading) => fieldOf(reading, 'diskUsedBytes') / fieldOf(reading, 'diskTotalBytes'));
    const found = sustained(ratios, FULL);
    return found === undefined ? [] : [{ level: found.level, text: `The disks are ${percent(found.value)} full` }];
  }
  const disks = detail.detail.disks.filter(({ fsType }) => !READ_ONLY_FILE_SYSTEMS.includes(fsType));
  return disks.flatMap(({ mount, usedBytes, totalBytes, inodesUsed, inodesTotal }): Problem[] => {
    const space = levelOf(usedBytes / totalBytes, FULL);
    if (space !== undefined)
      return [{ level: space, text: `Disk ${mount} is ${percent(usedBytes / totalBytes)} full` }];
    const inodes = levelOf(inodesUsed / inodesTotal, FULL);
    return inodes === undefined
      ? []
      : [{ level: inodes, text: `Disk ${mount} has ${percent(inodesUsed / inodesTotal)} of its inodes used` }];
  });
};

/** What the readings say about memory, load and heat. */
const listReadingProblems = ({ readings, cpuCores }: StatusInput): Problem[] => {
  const judge = (
    measure: (reading: NodeReading) => number,
    limits: Limits,
    tell: (value: number) => string,
  ): Problem[] => {
    const found = sustained(readings.map(measure), limits);
    return found === undefined ? [] : [{ level: found.level, text: tell(found.value) }];
  };
  const cores = cpuCores ?? Number.NaN;
  return [
    ...judge(
      (reading) => fieldOf(reading, 'memUsedBytes') / fieldOf(reading, 'memTotalBytes'),
      FULL,
      (ratio) => `Memory is ${percent(ratio)} full`,
    ),
    ...judge(
      (reading) => fieldOf(reading, 'load5') / cores,
      LOAD_PER_CORE,
      (perCore) => `Load is ${(perCore * cores).toFixed(1)} on ${cores} ${cores === 1 ? 'core' : 'cores'}`,
    ),
    ...judge(
      (reading) => fieldOf(reading, 'temperatureCelsius'),
      CELSIUS,
      (celsius) => `The hottest sensor shows ${Math.round(celsius)} °C`,
    ),
  ];
};

/** What is wrong with the ways to the node although it is there. */
const listWayProblems = ({ conflict, ways }: StatusInput): Problem[] => [
  ...(conflict === null ? [] : [{ level: 'warning' as const, text: conflict }]),
  ...ways
    .filter(({ state, text }) => state === 'blocked' && text === HOST_KEY_CHANGED)
    .map(({ text }): Problem => ({ level: 'warning', text: `SSH access is blocked: ${text}` })),
];

export const nodeStatus = (input: StatusInput): Verdict => {
  const absent = absence(input);
  if (absent !== undefined) return absent;
  const newestMs = input.readings.at(-1)?.observedAt.getTime() ?? 0;
  const readings = input.readings.filter(({ observedAt }) => newestMs - observedAt.getTime() <= RECENT_MS);
  const judged = { ...input, readings };
  const problems = [...listWayProblems(judged), ...listDiskProblems(judged), ...listReadingProblems(judged)];
  const worst = problems.find(({ level }) => level === 'critical') ?? problems[0];
  if (worst === undefined) return { state: 'online', reason: 'All measurements are within their limits' };
  const others = problems.length - 1;
  return { state: worst.level, reason: others === 0 ? worst.text : `${worst.text}, and ${others} more` };
};
