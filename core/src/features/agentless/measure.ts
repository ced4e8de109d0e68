/** From answers of the sampler to the messages that an agent would send. Keeps the counters of the answer before. */
import type { HostField } from '@serverbox/contract/metrics';
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import type { DetailMessage } from '@serverbox/contract/wire';
import type { Counters } from './counters.ts';
import { readCounters, secondsBetween } from './counters.ts';
import type { Frame } from './frames.ts';
import { firstLine, linesOf } from './frames.ts';
import { cpuShares } from './parse/cpu.ts';
import { parseMeminfo } from './parse/memory.ts';
import { countedInterfaces, parseEstablished } from './parse/network.ts';
import type { Known } from './parse/numbers.ts';
import { countersOf, numberOf, rateOf, shareOf, sumOf } from './parse/numbers.ts';
import type { Slow } from './slow.ts';
import { describeDisks, describeInterfaces, NOTHING_SLOW, readSlow } from './slow.ts';

type Values = Partial<Record<HostField, Known>>;

const cpuValues = (before: Counters | undefined, { stat }: Counters): Values => {
  if (stat === undefined) return {};
  const { busy, user, system, iowait, steal } = cpuShares(before?.stat?.all, stat.all);
  return { cpuRatio: busy, cpuUserRatio: user, cpuSystemRatio: system, cpuIowaitRatio: iowait, cpuStealRatio: steal };
};

const memoryValues = (frame: Frame): Values => {
  const memory = parseMeminfo(linesOf(frame, '/proc/meminfo'));
  return memory === undefined
    ? {}
    : {
        memTotalBytes: memory.totalBytes,
        memUsedBytes: memory.usedBytes,
        memCachedBytes: memory.cachedBytes,
        swapTotalBytes: memory.swapTotalBytes,
        swapUsedBytes: memory.swapUsedBytes,
      };
};

const loadValues = (frame: Frame): Values => {
  const [load1, load5, load15] = firstLine(frame, '/proc/loadavg').split(' ');
  const [processCount = null] = countersOf(firstLine(frame, '@processes'));
  // The shell, the program that lists and this very connection are processes, too: nobody minds a handful.
  return { load1: numberOf(load1), load5: numberOf(load5), load15: numberOf(load15), processCount };
};

/** Sums over whole disks: partitions and volumes count the same bytes again. */
const diskValues = (before: Counters | undefined, now: Counters, slow: Slow): Values => {
  const seconds = secondsBetween(before, now);
  const disks = [...now.disks].filter(([, { name }]) => slow.disksWithDevice.has(name));
  const rates = disks.map(([device, counters]) => {
    const earlier = before?.disks.get(device);
    return {
      read: rateOf(earlier?.readBytes, counters.readBytes, seconds),
      written: rateOf(earlier?.writtenBytes, counters.writtenBytes, seconds),
      busy: earlier === undefined ? null : shareOf(counters.busyMs - earlier.busyMs, seconds * 1000),
    };
  });
  const busy = rates.map((rate) => rate.busy);
  return {
    diskReadBytesPerSecond: sumOf(rates.map(({ read }) => read)),
    diskWriteBytesPerSecond: sumOf(rates.map(({ written }) => written)),
    diskBusyRatio: busy.length === 0 || busy.includes(null) ? null : Math.max(...busy.map((ratio) => ratio ?? 0)),
  };
};

const networkValues = (frame: Frame, before: Counters | undefined, now: Counters, slow: Slow): Values => {
  const seconds = secondsBetween(before, now);
  const counted = countedInterfaces(now.interfaces.keys(), slow.interfacesWithDevice);
  const rates = counted.flatMap((name) => {
    const [earlier, counters] = [before?.interfaces.get(name), now.interfaces.get(name)];
    if (earlier === undefined || counters === undefined) return []; // one that just came has no rate yet
    const { rxBytes, txBytes } = counters;
    return [{ rx: rateOf(earlier.rxBytes, rxBytes, seconds), tx: rateOf(earlier.txBytes, txBytes, seconds) }];
  });
  return {
    netRxBytesPerSecond: sumOf(rates.map(({ rx }) => rx)),
    netTxBytesPerSecond: sumOf(rates.map(({ tx }) => tx)),
    tcpEstablished: parseEstablished(frame),
  };
};

export interface Measurement {
  /** In the order of HOST_FIELDS. */
  values: Known[];
  /** Only of an answer that told it. */
  detail: Omit<DetailMessage, 'type' | 'at'> | undefined;
}

/** The node's clock in Unix milliseconds, as an answer with details tells it. It knows whole seconds. */
export const clockOf = (frame: Frame): number | undefined => {
  const [seconds] = countersOf(firstLine(frame, '@date'));
  return seconds === undefined || seconds === 0 || seconds > 2 ** 40 ? undefined : seconds * 1000 + 500;
};

export const createMeasure = (): ((frame: Frame) => Measurement) => {
  let before: Counters | undefined;
  let slow: Slow = NOTHING_SLOW;
  return (frame) => {
    const now = readCounters(frame);
    const hasDetail = frame.has('@date');
    if (hasDetail) slow = readSlow(frame, slow);
    const named: Values = {
      ...cpuValues(before, now),
      ...memoryValues(frame),
      ...loadValues(frame),
      ...slow.space,
      ...diskValues(before, now, slow),
      ...networkValues(frame, before, now, slow),
      temperatureCelsius: slow.temperatures.length === 0 ? null : Math.max(...slow.temperatures.map((t) => t.celsius)),
    };
    const values = HOST_FIELDS.map((field) => named[field] ?? null);
    const earlier = before;
    before = now;
    if (!hasDetail) return { values, detail: undefined };
    const cores = (now.stat?.cores ?? []).map((times, index) => cpuShares(earlier?.stat?.cores[index], times).busy);
    return {
      values,
      detail: {
        uptimeSeconds: now.uptimeSeconds ?? 0,
        cores,
        disks: describeDisks(slow, earlier, now),
        interfaces: describeInterfaces(frame, earlier, now),
        temperatures: slow.temperatures,
        failedUnits: slow.failedUnits,
        collectors: [{ name: 'ssh', ok: now.stat !== undefined, tookMs: 0, error: now.stat ? null : 'no /proc/stat' }],
      },
    };
  };
};
