import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Frame } from '../frames.ts';
import { createMeasure } from '../measure.ts';
import { cpuShares, parseStat } from './cpu.ts';
import { chooseMounts, parseDiskstats, parseUsage } from './disks.ts';
import { parseFacts, parseFailedUnits } from './facts.ts';
import { parseMeminfo } from './memory.ts';
import { countedInterfaces, parseEstablished, parseNetDev } from './network.ts';
import { parseTemperatures } from './temperatures.ts';

const linesIn = (text: string): string[] => text.trim().split('\n');
const frameOf = (files: Record<string, string>): Frame =>
  new Map(Object.entries(files).map(([file, text]) => [file, text.split('\n')]));

const STAT = linesIn(`
cpu  1000 20 300 8000 400 5 10 15 100 0
cpu0 500 10 150 4000 200 2 5 7 50 0
cpu1 500 10 150 4000 200 3 5 8 50 0
ctxt 123456
btime 1763000000
processes 4711
`);

test('processors are told as shares of the time between two readings', () => {
  const before = parseStat(STAT);
  const now = parseStat(['cpu  1060 20 330 8090 410 5 10 25 100 0', 'btime 1763000000']);
  expect(before).toMatchObject({ bootedAt: 1_763_000_000, all: [1000, 20, 300, 8000, 400, 5, 10, 15] });
  expect(before?.cores).toHaveLength(2);
  // 60 + 30 + 90 + 10 + 10 ticks passed.
  expect(cpuShares(before?.all, now?.all ?? [])).toEqual({
    busy: 0.5,
    user: 0.3,
    system: 0.15,
    iowait: 0.05,
    steal: 0.05,
  });
});

test('a counter of processors that went backwards makes the shares unknown, except a little waiting', () => {
  const unknown = { busy: null, user: null, system: null, iowait: null, steal: null };
  expect(cpuShares([10, 0, 0, 100, 0, 0, 0, 0], [9, 0, 0, 200, 0, 0, 0, 0])).toEqual(unknown);
  expect(cpuShares([10, 0, 0, 100, 50, 0, 0, 0], [20, 0, 0, 190, 45, 0, 0, 0])).toMatchObject({ busy: 0.1, iowait: 0 });
  expect(cpuShares(undefined, [1, 2, 3, 4, 5, 6, 7, 8])).toEqual(unknown);
});

test('memory in use is what is not available; kernels that do not say it are counted by hand', () => {
  const modern = ['MemTotal:  1000 kB', 'MemFree: 100 kB', 'MemAvailable: 600 kB', 'Buffers: 10 kB', 'Cached: 300 kB'];
  expect(parseMeminfo([...modern, 'SwapTotal: 50 kB', 'SwapFree: 20 kB', 'SReclaimable: 5 kB'])).toEqual({
    totalBytes: 1_024_000,
    usedBytes: 400 * 1024,
    cachedBytes: 315 * 1024,
    swapTotalBytes: 50 * 1024,
    swapUsedBytes: 30 * 1024,
  });
  expect(parseMeminfo(['MemTotal: 1000 kB', 'MemFree: 100 kB', 'Cached: 300 kB'])?.usedBytes).toBe(600 * 1024);
  expect(parseMeminfo(['MemFree: 100 kB'])).toBeUndefined();
});

test('traffic is counted at interfaces with a device, and at all real names where none has one', () => {
  const interfaces = parseNetDev(
    linesIn(`
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0
  eth0:1000 10 1 0 0 0 0 0 2000 20 2 0 0 0 0 0
docker0: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0
 bond0: 1000 10 0 0 0 0 0 0 2000 20 0 0 0 0 0 0`),
  );
  expect(interfaces.get('eth0')).toEqual({ rxBytes: 1000, rxErrors: 1, txBytes: 2000, txErrors: 2 });
  expect(countedInterfaces(interfaces.keys(), new Set(['eth0']))).toEqual(['eth0']);
  expect(countedInterfaces(interfaces.keys(), new Set())).toEqual(['eth0', 'bond0']);
});

test('established connections are read from the column of that name', () => {
  const snmp = 'Ip: Forwarding DefaultTTL\nIp: 1 64\nTcp: RtoMin CurrEstab InSegs\nTcp: 200 37 9';
  expect(parseEstablished(frameOf({ '/proc/net/snmp': snmp }))).toBe(37);
  expect(parseEstablished(new Map())).toBeNull();
});

test('disks are keyed by device and count sectors of 512 bytes', () => {
  const disks = parseDiskstats([
    ' 254       0 vda 100 0 2000 50 200 0 4000 60 0 70 110 0 0 0 0',
    '   8 1 sda1 1 2 3 4 5 6 7 8 9 10 11',
    'x',
  ]);
  expect(disks.get('254:0')).toEqual({ name: 'vda', readBytes: 1_024_000, writtenBytes: 2_048_000, busyMs: 70 });
  expect(disks.size).toBe(2);
});

test('file systems are told once each, at their shortest mount point, and the root always', () => {
  const mounts = chooseMounts([
    '22 1 0:50 / / rw shared:1 - overlay overlay rw,lowerdir=a',
    '30 22 254:1 / /srv/data/deep rw - ext4 /dev/vda1 rw',
    '31 22 254:1 / /srv rw - ext4 /dev/vda1 rw',
    '32 22 254:1 /etc/hosts /etc/hosts rw - ext4 /dev/vda1 rw',
    String.raw`33 22 254:2 / /mnt/my\040disk rw - xfs /dev/vda2 rw`,
    '34 22 0:60 /@home /home rw - btrfs /dev/vdb rw',
    '35 22 0:61 /@var /var rw - btrfs /dev/vdb rw',
    '36 22 0:70 / /net rw - nfs4 server:/export rw',
    'nonsense',
  ]);
  expect(mounts.map(({ point, fsType }) => [point, fsType])).toEqual([
    ['/', 'overlay'],
    ['/srv', 'ext4'],
    ['/mnt/my disk', 'xfs'],
    ['/var', 'btrfs'],
  ]);
  expect(parseUsage(['4096 100 40 1000 900 /mnt/my disk', 'stat: cannot read']).get('/mnt/my disk')).toEqual({
    totalBytes: 409_600,
    usedBytes: 245_760,
    inodesTotal: 1000,
    inodesUsed: 100,
  });
});

test('sensors that say nonsense are left out, and thermal zones stand in for missing monitors', () => {
  const monitor = '/sys/class/hwmon/hwmon0';
  const zone = {
    '/sys/class/thermal/thermal_zone0/type': 'x86_pkg_temp',
    '/sys/class/thermal/thermal_zone0/temp': '51500',
  };
  const monitors = {
    [`${monitor}/name`]: 'coretemp',
    [`${monitor}/temp1_input`]: '48000',
    [`${monitor}/temp1_label`]: 'Core 0',
    [`${monitor}/temp2_input`]: '-274000',
    [`${monitor}/temp3_input`]: '0',
  };
  expect(parseTemperatures(frameOf({ ...monitors, ...zone }))).toEqual([{ sensor: 'coretemp Core 0', celsius: 48 }]);
  expect(parseTemperatures(frameOf(zone))).toEqual([{ sensor: 'x86_pkg_temp', celsius: 51.5 }]);
});

const FACT_FILES = {
  '/proc/stat': STAT.join('\n'),
  '/proc/meminfo': 'MemTotal: 1000 kB',
  '/etc/os-release': 'NAME="Alpine Linux"\nPRETTY_NAME="Alpine Linux v3.20"',
  '/proc/sys/kernel/hostname': 'web-1',
  '/proc/sys/kernel/osrelease': '6.6.1-virt',
  '/proc/cpuinfo': 'model name\t: AMD  EPYC 7543',
  '@arch': 'aarch64',
  '@address':
    '2: eth0    inet 192.0.2.7/24 brd 192.0.2.255 scope global eth0\n3: docker0    inet 172.17.0.1/16 scope global docker0',
  '@docker': '27.3.1',
};

test('facts are named as the agent names them', () => {
  expect(parseFacts(frameOf(FACT_FILES))).toEqual({
    hostname: 'web-1',
    os: 'Alpine Linux v3.20',
    kernel: '6.6.1-virt',
    arch: 'arm64',
    virtualization: null,
    cpuModel: 'AMD EPYC 7543',
    cpuCores: 2,
    memTotalBytes: 1_024_000,
    bootedAt: 1_763_000_000_000,
    addresses: ['192.0.2.7'],
    dockerVersion: '27.3.1',
    dockerProblem: null,
    agentVersion: '',
  });
  expect(parseFacts(frameOf({ '/proc/stat': 'nothing' }))).toBeUndefined();
});

test('a user who may not use Docker is told which group is missing', () => {
  const said = 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock';
  const facts = parseFacts(frameOf({ ...FACT_FILES, '@docker': said }));
  expect(facts?.dockerVersion).toBeNull();
  expect(facts?.dockerProblem).toContain('group docker');
});

test('failed units are known only where there is systemd', () => {
  expect(parseFailedUnits(frameOf({ '@systemd': '', '@unit': 'nginx.service loaded failed failed A server' }))).toEqual(
    ['nginx.service'],
  );
  expect(parseFailedUnits(new Map())).toBeNull();
});

test('P8: no text of a node makes parsing fail', () => {
  const files = fc.constantFrom(
    ...Object.keys(FACT_FILES),
    '/proc/net/dev',
    '/proc/diskstats',
    '/proc/uptime',
    '@date',
    '@mount',
    '@fs',
  );
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(...STAT, '9'.repeat(20), 'cpu 1 2 3 4', '1 2 3 - - - 4:5 / /', '-'),
  );
  const frames = fc.array(fc.tuple(files, fc.array(line, { maxLength: 6 })), { maxLength: 12 });
  fc.assert(
    fc.property(frames, frames, (first, second) => {
      const measure = createMeasure();
      for (const entries of [first, second]) {
        const frame: Frame = new Map(entries);
        parseFacts(frame);
        const { values } = measure(frame);
        expect(values.every((value) => value === null || Number.isFinite(value))).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
