/** What changes rarely, named as the agent names it, so that a node that gets one did not change. */
import type { NodeFacts } from '@serverbox/contract/wire';
import type { Frame } from '../frames.ts';
import { firstLine, linesOf } from '../frames.ts';
import { parseStat } from './cpu.ts';
import { parseMeminfo } from './memory.ts';

const MAX_LABEL = 512;
const ARCHITECTURES: Record<string, string> = {
  ...{ x86_64: 'amd64', aarch64: 'arm64', i386: '386', i586: '386', i686: '386' },
  ...{ armv6l: 'arm', armv7l: 'arm', armv8l: 'arm', loongarch64: 'loong64', mips64: 'mips64' },
};
const BRIDGE = /^(?:docker|br-|veth|virbr|cni|flannel|cali|lxc|lxd|podman)/;
const ADDRESS = /^\d+: +([^ @]+)(?:@\S+)? +inet6? +([0-9a-fA-F.:]+)\//;

const label = (text: string): string =>
  text
    .replaceAll(/\p{Cc}/gu, '')
    .trim()
    .slice(0, MAX_LABEL);
const optional = (text: string): string | null => label(text) || null;

/** os-release(5): values are quoted as in a shell. */
const parseOs = (lines: readonly string[]): string => {
  const value = lines.find((line) => line.startsWith('PRETTY_NAME='))?.slice('PRETTY_NAME='.length) ?? '';
  return label(value.trim().replace(/^(['"])(.*)\1$/, '$2')) || 'Linux';
};

const TRACES: [string, [string, string][]][] = [
  [
    '/sys/class/dmi/id/sys_vendor',
    [
      ...([
        ['QEMU', 'kvm'],
        ['KVM', 'kvm'],
        ['VMware', 'vmware'],
        ['innotek', 'virtualbox'],
        ['Xen', 'xen'],
      ] as const),
      ...([
        ['Microsoft Corporation', 'hyperv'],
        ['Amazon EC2', 'kvm'],
        ['Google', 'kvm'],
      ] as const),
      ...([
        ['Parallels', 'parallels'],
        ['Hetzner', 'kvm'],
        ['DigitalOcean', 'kvm'],
      ] as const),
    ].map(([part, name]) => [part, name]),
  ],
  [
    '/sys/class/dmi/id/product_name',
    [
      ['KVM', 'kvm'],
      ['Virtual Machine', 'hyperv'],
      ['VirtualBox', 'virtualbox'],
      ['VMware', 'vmware'],
    ],
  ],
  ['/sys/hypervisor/type', [['xen', 'xen']]],
  [
    '/sys/devices/system/clocksource/clocksource0/available_clocksource',
    [
      ['kvm-clock', 'kvm'],
      ['hyperv', 'hyperv'],
      ['xen', 'xen'],
    ],
  ],
];

const parseVirtualization = (frame: Frame): string | null => {
  if (frame.has('@dockerenv')) return 'docker';
  const container = optional(firstLine(frame, '/run/systemd/container'));
  if (container !== null) return container;
  for (const [file, names] of TRACES) {
    const found = names.find(([part]) => firstLine(frame, file).includes(part));
    if (found !== undefined) return found[1];
  }
  return null;
};

const parseAddresses = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => {
    const [, device = '', address = ''] = ADDRESS.exec(line) ?? [];
    return address === '' || BRIDGE.test(device) ? [] : [address.slice(0, 64)];
  });

const parseDocker = (frame: Frame): Pick<NodeFacts, 'dockerVersion' | 'dockerProblem'> => {
  if (!frame.has('@docker')) return { dockerVersion: null, dockerProblem: 'The docker command is not installed.' };
  const said = linesOf(frame, '@docker').join(' ');
  const [version] = /^\d+\.\d+[\w.+~-]{0,60}/.exec(said) ?? [];
  if (version !== undefined) return { dockerVersion: version, dockerProblem: null };
  const isForbidden = said.includes('permission denied');
  const forbidden = 'This user may not use Docker: put it into the group docker, then connect anew.';
  return {
    dockerVersion: null,
    dockerProblem: isForbidden ? forbidden : (optional(said) ?? 'Docker does not answer.'),
  };
};

/** Undefined where there is no /proc as Linux has it. The agent's version is empty: none runs. */
export const parseFacts = (frame: Frame): NodeFacts | undefined => {
  const stat = parseStat(linesOf(frame, '/proc/stat'));
  const memory = parseMeminfo(linesOf(frame, '/proc/meminfo'));
  if (stat === undefined || memory === undefined) return undefined;
  const arch = firstLine(frame, '@arch');
  const [, model = ''] = firstLine(frame, '/proc/cpuinfo').split(/: ?(.*)/, 2);
  return {
    hostname: label(firstLine(frame, '/proc/sys/kernel/hostname')),
    os: parseOs(linesOf(frame, '/etc/os-release')),
    kernel: label(firstLine(frame, '/proc/sys/kernel/osrelease')),
    arch: label(ARCHITECTURES[arch] ?? arch),
    virtualization: parseVirtualization(frame),
    cpuModel: optional(model.replaceAll(/\s+/g, ' ')),
    cpuCores: Math.max(1, stat.cores.length),
    memTotalBytes: memory.totalBytes,
    bootedAt: Math.min(stat.bootedAt, 2 ** 40) * 1000,
    addresses: parseAddresses(linesOf(frame, '@address')).slice(0, 64),
    ...parseDocker(frame),
    agentVersion: '',
  };
};

/** Units that failed; null without systemd. */
export const parseFailedUnits = (frame: Frame): string[] | null => {
  if (!frame.has('@systemd')) return null;
  return linesOf(frame, '@unit').flatMap((line) => optional(line.trim().split(/\s+/, 1)[0] ?? '') ?? []);
};
