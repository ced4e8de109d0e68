/** Disks: traffic from /proc/diskstats, space from `stat -f` on the mounts that matter. */
import { LOCAL_FILE_SYSTEMS } from '../script.ts';
import { countersOf } from './numbers.ts';

export interface DiskCounters {
  name: string;
  readBytes: number;
  writtenBytes: number;
  busyMs: number;
}

const SECTOR_BYTES = 512; // whatever the disk's own sectors are
const MAX_DISKS = 1024;

/** By "major:minor". */
export const parseDiskstats = (lines: readonly string[]): Map<string, DiskCounters> => {
  const disks = new Map<string, DiskCounters>();
  for (const line of lines) {
    const [major = '', minor = '', name = '', ...rest] = line.trim().split(/\s+/, 32);
    const counters = countersOf(rest.join(' '));
    const [, , read, , , , written, , , busyMs] = counters;
    if (read === undefined || written === undefined || busyMs === undefined || disks.size >= MAX_DISKS) continue;
    const bytes = { readBytes: read * SECTOR_BYTES, writtenBytes: written * SECTOR_BYTES };
    disks.set(`${major}:${minor}`, { name, ...bytes, busyMs });
  }
  return disks;
};

export interface Mount {
  device: string; // "254:0"
  root: string; // which directory of the file system is mounted; "/" is all of it
  point: string;
  fsType: string;
  source: string;
}

const unescapeMount = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** A line of mountinfo (proc(5)): fields, a dash after any number of optional ones, three more. */
const parseMount = (line: string): Mount | undefined => {
  const [before = '', after = ''] = line.split(' - ', 2);
  const [, , device, root, point] = before.split(' ');
  const [fsType, source] = after.split(' ');
  if (device === undefined || root === undefined || point === undefined) return undefined;
  if (fsType === undefined || source === undefined) return undefined;
  return { device, root: unescapeMount(root), point: unescapeMount(point), fsType, source: unescapeMount(source) };
};

/** The storage behind a mount: the datasets of a pool and the subvolumes of a disk share their space. */
const storageOf = ({ fsType, source, device }: Mount): string => {
  if (fsType === 'zfs') return `zfs ${source.split('/')[0]}`;
  return fsType === 'btrfs' ? `btrfs ${source}` : device;
};

/** Real file systems, each storage once at its shortest mount point; and the root, whatever it is. */
export const chooseMounts = (lines: readonly string[]): Mount[] => {
  const chosen = new Map<string, Mount>();
  let root: Mount | undefined;
  for (const mount of lines.map(parseMount)) {
    if (mount === undefined) continue;
    if (mount.point === '/') root = mount; // a later one covers an earlier one
    const isWhole = mount.root === '/' || mount.fsType === 'btrfs';
    if (!isWhole || !LOCAL_FILE_SYSTEMS.includes(mount.fsType)) continue;
    const known = chosen.get(storageOf(mount));
    if (known === undefined || mount.point.length < known.point.length) chosen.set(storageOf(mount), mount);
  }
  if (root !== undefined) chosen.delete(storageOf(root));
  return [...(root === undefined ? [] : [root]), ...chosen.values()];
};

export interface Usage {
  totalBytes: number;
  usedBytes: number;
  inodesTotal: number;
  inodesUsed: number;
}

/** By mount point: `<unit> <blocks> <free blocks> <inodes> <free inodes> <mount point>`. */
export const parseUsage = (lines: readonly string[]): Map<string, Usage> => {
  const usage = new Map<string, Usage>();
  for (const line of lines) {
    const [unit, blocks, free, inodes, freeInodes] = countersOf(line);
    const point = line.split(' ').slice(5).join(' ');
    if (unit === undefined || blocks === undefined || free === undefined) continue;
    if (inodes === undefined || freeInodes === undefined) continue;
    usage.set(point, {
      totalBytes: blocks * unit,
      usedBytes: Math.max(0, blocks - free) * unit,
      inodesTotal: inodes,
      inodesUsed: Math.max(0, inodes - freeInodes),
    });
  }
  return usage;
};
