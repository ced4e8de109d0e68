import type { HostField } from '@serverbox/contract/metrics';
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import type { DetailMessage } from '@serverbox/contract/wire';
import { expect, test } from 'vitest';
import { durationText } from '../../lib/duration-text.ts';
import type { NodeReading } from './ports.ts';
import type { StatusInput } from './status.ts';
import { nodeStatus } from './status.ts';

const NOW = Date.UTC(2026, 0, 1);
const GIB = 1024 ** 3;

const reading = (named: Partial<Record<HostField, number | null>>, agoMs = 0): NodeReading => ({
  observedAt: new Date(NOW - agoMs),
  values: HOST_FIELDS.map((field) => named[field] ?? null),
});
const memory = (ratio: number) => ({ memTotalBytes: 4 * GIB, memUsedBytes: ratio * 4 * GIB });
/** One for each value, oldest first, five seconds apart. */
const readings = (named: (value: number) => Partial<Record<HostField, number | null>>, values: readonly number[]) =>
  values.map((value, index) => reading(named(value), (values.length - 1 - index) * 5000));
const disk = (fields: Partial<DetailMessage['disks'][number]>): DetailMessage['disks'][number] => ({
  mount: '/',
  device: '/dev/vda1',
  fsType: 'ext4',
  totalBytes: 100 * GIB,
  usedBytes: 10 * GIB,
  inodesTotal: 1000,
  inodesUsed: 10,
  readBytesPerSecond: null,
  writeBytesPerSecond: null,
  busyRatio: null,
  ...fields,
});
const withDisks = (disks: DetailMessage['disks'], agoMs = 0): StatusInput['detail'] => ({
  observedAt: new Date(NOW - agoMs),
  detail: { uptimeSeconds: 1, cores: [], disks, interfaces: [], temperatures: [], failedUnits: null, collectors: [] },
});
const status = (given: Partial<StatusInput>) =>
  nodeStatus({
    nowMs: NOW,
    readings: [reading(memory(0.5))],
    detail: undefined,
    upMs: 3_600_000,
    silentMs: 0,
    goneMs: given.silentMs ?? 0,
    everyMs: undefined,
    ways: [],
    conflict: null,
    isLinked: true,
    mayReport: true,
    cpuCores: 2,
    ...given,
  });

const cases: [string, Partial<StatusInput>, string, string][] = [
  ['everything is well', {}, 'online', 'All measurements are within their limits'],
  ['no sample ever came', { silentMs: undefined, readings: [] }, 'unknown', 'No measurement has come yet'],
  ['the last sample is 29 s old', { silentMs: 29_999 }, 'online', 'All measurements are within their limits'],
  ['the last sample is 30 s old', { silentMs: 30_000, isLinked: false }, 'offline', 'Nothing heard for 30 seconds'],
  [
    'the link stands but nothing is measured',
    { silentMs: 150_000 },
    'unknown',
    'Connected, but no measurements for 2 minutes',
  ],
  [
    'the owner permits no metrics',
    { mayReport: false, silentMs: undefined, readings: [] },
    'online',
    'Connected; the node does not permit metrics',
  ],
  [
    'that node is gone',
    { mayReport: false, isLinked: false, silentMs: 45_000, readings: [] },
    'offline',
    'Nothing heard for 45 seconds',
  ],
  [
    'the memory is at 90 % for a while',
    { readings: readings(memory, [0.9, 0.9, 0.91, 0.92, 0.92]) },
    'warning',
    'Memory is 92 % full',
  ],
  [
    'the memory is at 95 % for a while',
    { readings: readings(memory, [0.95, 0.95, 0.96, 0.96, 0.96]) },
    'critical',
    'Memory is 96 % full',
  ],
  [
    'the memory had one spike',
    { readings: readings(memory, [0.5, 0.5, 0.99, 0.5, 0.5]) },
    'online',
    'All measurements are within their limits',
  ],
  [
    'the memory is full since just now',
    { readings: readings(memory, [0.5, 0.5, 0.5, 0.99, 0.99]) },
    'online',
    'All measurements are within their limits',
  ],
  [
    'the memory dipped once',
    { readings: readings(memory, [0.99, 0.99, 0.5, 0.99, 0.99]) },
    'critical',
    'Memory is 99 % full',
  ],
  [
    'readings from before a pause say nothing',
    { readings: [reading(memory(0.99), 3_600_000), reading(memory(0.99), 3_595_000), reading(memory(0.5))] },
    'online',
    'All measurements are within their limits',
  ],
  [
    'the load is twice the cores',
    { readings: readings((load5) => ({ load5 }), [4, 4, 4.2]) },
    'warning',
    'Load is 4.2 on 2 cores',
  ],
  [
    'the number of cores is not known',
    { readings: readings((load5) => ({ load5 }), [40, 40]), cpuCores: undefined },
    'online',
    'All measurements are within their limits',
  ],
  [
    'a sensor is hot',
    { readings: readings((temperatureCelsius) => ({ temperatureCelsius }), [96, 96.4]) },
    'critical',
    'The hottest sensor shows 96 °C',
  ],
  [
    'a disk is at 96 %',
    { detail: withDisks([disk({}), disk({ mount: '/srv', usedBytes: 96 * GIB })]) },
    'critical',
    'Disk /srv is 96 % full',
  ],
  ['a disk is at 90 %', { detail: withDisks([disk({ usedBytes: 90 * GIB })]) }, 'warning', 'Disk / is 90 % full'],
  [
    'a disk has no inodes left',
    { detail: withDisks([disk({ inodesUsed: 999 })]) },
    'critical',
    'Disk / has 99 % of its inodes used',
  ],
  [
    'a disk reports no inodes and no size',
    { detail: withDisks([disk({ totalBytes: 0, usedBytes: 0, inodesTotal: 0, inodesUsed: 0 })]) },
    'online',
    'All measurements are within their limits',
  ],
  [
    'an image is full by nature',
    { detail: withDisks([disk({ fsType: 'squashfs', usedBytes: 100 * GIB })]) },
    'online',
    'All measurements are within their limits',
  ],
  [
    'what is known of the disks is old',
    { detail: withDisks([disk({ usedBytes: 96 * GIB })], 3_600_000) },
    'online',
    'All measurements are within their limits',
  ],
  [
    'only the sum of the disks is known',
    { readings: readings((diskUsedBytes) => ({ diskUsedBytes, diskTotalBytes: 100 }), [92, 93]) },
    'warning',
    'The disks are 93 % full',
  ],
  [
    'two things are wrong',
    { readings: readings(memory, [0.91]), detail: withDisks([disk({ usedBytes: 96 * GIB })]) },
    'critical',
    'Disk / is 96 % full, and 1 more',
  ],
];
test.each(cases)('when %s the status says so', (_, given, state, reason) => {
  expect(status(given)).toEqual({ state, reason });
});

test.each([
  [1500, '1 second'],
  [119_000, '119 seconds'],
  [120_000, '2 minutes'],
  [3 * 3_600_000, '3 hours'],
  [90 * 86_400_000, '90 days'],
])('%i ms are told as %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
