/** Interfaces, from /proc/net/dev and /sys/class/net, and connections, from /proc/net/snmp. */
import type { Frame } from '../frames.ts';
import { firstLine, linesOf } from '../frames.ts';
import type { Known } from './numbers.ts';
import { countersOf, numberOf } from './numbers.ts';

export interface InterfaceCounters {
  rxBytes: number;
  rxErrors: number;
  txBytes: number;
  txErrors: number;
}

const MAX_INTERFACES = 512;
/** What goes through these goes through a real interface, too, or never leaves the machine. */
const VIRTUAL =
  /^(?:lo|docker|br-|veth|virbr|cni|flannel|cali|tun|tap|wg|tailscale|zt|dummy|ifb|podman|lxc|lxd|kube|vxlan|geneve|sit|ip6tnl|gre)/;

export const parseNetDev = (lines: readonly string[]): Map<string, InterfaceCounters> => {
  const interfaces = new Map<string, InterfaceCounters>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const counters = countersOf(line.slice(colon + 1));
    const [rxBytes, , rxErrors, , , , , , txBytes, , txErrors] = counters;
    if (colon < 0 || counters.length < 16 || interfaces.size >= MAX_INTERFACES) continue;
    if (rxBytes === undefined || rxErrors === undefined || txBytes === undefined || txErrors === undefined) continue;
    interfaces.set(line.slice(0, colon).trim(), { rxBytes, rxErrors, txBytes, txErrors });
  }
  return interfaces;
};

/** Those whose sum is the machine's traffic: with a device behind them or, where none has one, not known as virtual. */
export const countedInterfaces = (names: Iterable<string>, withDevice: ReadonlySet<string>): string[] => {
  const plain = [...names].filter((name) => !VIRTUAL.test(name));
  const real = plain.filter((name) => withDevice.has(name));
  return real.length > 0 ? real : plain;
};

/** Drivers that do not know their state (tunnels) say "unknown" while they work. */
export const isInterfaceUp = (frame: Frame, name: string): boolean =>
  ['up', 'unknown'].includes(firstLine(frame, `/sys/class/net/${name}/operstate`));

/** Not known for virtual devices, which say -1 or refuse to be read. */
export const interfaceSpeed = (frame: Frame, name: string): Known => {
  const megabits = numberOf(firstLine(frame, `/sys/class/net/${name}/speed`));
  return megabits === null || megabits === 0 || megabits >= 2 ** 31 ? null : megabits * 1_000_000;
};

/** The kernel keeps the number, so that the table of all connections need not be read. */
export const parseEstablished = (frame: Frame): Known => {
  const rows = linesOf(frame, '/proc/net/snmp').filter((line) => line.startsWith('Tcp: '));
  const [names = [], values = []] = rows.map((row) => row.split(' '));
  const column = names.indexOf('CurrEstab');
  return column < 0 ? null : numberOf(values[column]);
};
