/** What is asked for less often than each second: file systems, sensors, which disks and interfaces are real. */
import type { HostField } from '@serverbox/contract/metrics';
import type { DetailMessage } from '@serverbox/contract/wire';
import type { Counters } from './counters.ts';
import { secondsBetween } from './counters.ts';
import type { Frame } from './frames.ts';
import { linesOf } from './frames.ts';
import type { Mount, Usage } from './parse/disks.ts';
import { chooseMounts, parseUsage } from './parse/disks.ts';
import { parseFailedUnits } from './parse/facts.ts';
import { interfaceSpeed, isInterfaceUp } from './parse/network.ts';
import type { Known } from './parse/numbers.ts';
import { rateOf, shareOf } from './parse/numbers.ts';
import type { Temperature } from './parse/temperatures.ts';
import { parseTemperatures } from './parse/temperatures.ts';

export interface Slow {
  disksWithDevice: ReadonlySet<string>;
  interfacesWithDevice: ReadonlySet<string>;
  mounts: { mount: Mount; usage: Usage }[];
  space: Partial<Record<HostField, Known>>;
  temperatures: Temperature[];
  failedUnits: string[] | null;
}

export const NOTHING_SLOW: Slow = {
  disksWithDevice: new Set(),
  interfacesWithDevice: new Set(),
  mounts: [],
  space: {},
  temperatures: [],
  failedUnits: null,
};

const MAX_DISKS = 256;
const MAX_INTERFACES = 512;
const label = (text: string): string => text.slice(0, 512);

/** A name that stands between `/sys/<kind>/` and `/device`. A pattern that matched nothing is printed as it is. */
const namesWithDevice = (frame: Frame, kind: string): Set<string> =>
  new Set(
    linesOf(frame, '@device').flatMap((path) => {
      const name = path.startsWith(kind) ? path.slice(kind.length, -'/device'.length) : '*';
      return name === '*' ? [] : [name];
    }),
  );

const spaceOf = (mounts: Slow['mounts']): Slow['space'] => {
  if (mounts.length === 0) return {};
  const shares = mounts.map(({ usage }) => shareOf(usage.inodesUsed, usage.inodesTotal)).filter((one) => one !== null);
  return {
    diskTotalBytes: mounts.reduce((sum, { usage }) => sum + usage.totalBytes, 0),
    diskUsedBytes: mounts.reduce((sum, { usage }) => sum + usage.usedBytes, 0),
    diskInodesRatio: shares.length === 0 ? null : Math.max(...shares),
  };
};

/** Failed units come with the facts, so they stay until those are told again. */
export const readSlow = (frame: Frame, before: Slow): Slow => {
  const usages = parseUsage(linesOf(frame, '@fs'));
  const mounts = chooseMounts(linesOf(frame, '@mount')).flatMap((mount) => {
    const usage = usages.get(mount.point);
    return usage === undefined ? [] : [{ mount, usage }];
  });
  return {
    disksWithDevice: namesWithDevice(frame, '/sys/block/'),
    interfacesWithDevice: namesWithDevice(frame, '/sys/class/net/'),
    mounts: mounts.slice(0, MAX_DISKS),
    space: spaceOf(mounts),
    temperatures: parseTemperatures(frame),
    failedUnits: frame.has('@arch') ? parseFailedUnits(frame) : before.failedUnits,
  };
};

export const describeDisks = (slow: Slow, before: Counters | undefined, now: Counters): DetailMessage['disks'] => {
  const seconds = secondsBetween(before, now);
  return slow.mounts.map(({ mount, usage }) => {
    const [earlier, counters] = [before?.disks.get(mount.device), now.disks.get(mount.device)];
    const rates =
      counters === undefined
        ? { readBytesPerSecond: null, writeBytesPerSecond: null, busyRatio: null }
        : {
            readBytesPerSecond: rateOf(earlier?.readBytes, counters.readBytes, seconds),
            writeBytesPerSecond: rateOf(earlier?.writtenBytes, counters.writtenBytes, seconds),
            busyRatio: earlier === undefined ? null : shareOf(counters.busyMs - earlier.busyMs, seconds * 1000),
          };
    const names = { mount: mount.point.slice(0, 4096), device: label(mount.source), fsType: label(mount.fsType) };
    return { ...names, ...usage, ...rates };
  });
};

/** Without the loopback and the containers' ends of cables. */
export const describeInterfaces = (
  frame: Frame,
  before: Counters | undefined,
  now: Counters,
): DetailMessage['interfaces'] => {
  const seconds = secondsBetween(before, now);
  return [...now.interfaces]
    .filter(([name]) => name !== 'lo' && !name.startsWith('veth'))
    .slice(0, MAX_INTERFACES)
    .map(([name, counters]) => ({
      name: label(name),
      up: isInterfaceUp(frame, name),
      speedBitsPerSecond: interfaceSpeed(frame, name),
      rxBytesPerSecond: rateOf(before?.interfaces.get(name)?.rxBytes, counters.rxBytes, seconds),
      txBytesPerSecond: rateOf(before?.interfaces.get(name)?.txBytes, counters.txBytes, seconds),
      rxErrors: counters.rxErrors,
      txErrors: counters.txErrors,
    }));
};
