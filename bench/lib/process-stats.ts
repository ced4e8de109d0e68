/** What processes cost, as the kernel counts it. Every reading of a process that is gone throws: a figure is never silently zero. */
import { readdirSync, readFileSync } from 'node:fs';

const KIB = 1024;
/** USER_HZ, the unit of /proc/<pid>/stat, is 100 on every Linux that Node runs on. */
export const MS_PER_TICK = 10;

const readKib = (path: string, name: string): number => {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(path, 'utf8'));
  if (found === null) throw new Error(`${path} has no ${name}`);
  return Number(found[1]) * KIB;
};

/** Resident memory, shared pages included. */
export const readRssBytes = (pid: number): number => readKib(`/proc/${pid}/status`, 'VmRSS');
/** Resident memory, each shared page divided by those who share it: these can be added up. */
export const readPssBytes = (pid: number): number => readKib(`/proc/${pid}/smaps_rollup`, 'Pss');

/** The name in parentheses may hold anything, so fields are counted after it. */
const statFields = (pid: number): string[] => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
};

/** User and system time since the start, of all threads; exact to 10 ms. */
export const readCpuMs = (pid: number): number => {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
};

/** The same with all children that have ended and been waited for, and theirs. */
export const readFamilyCpuMs = (pid: number): number => {
  const fields = statFields(pid).slice(11, 15).map(Number);
  return fields.reduce((sum, ticks) => sum + ticks, 0) * MS_PER_TICK;
};

/** Time on a core since the start, of all threads that live; exact to nanoseconds. */
export const readRunMs = (pid: number): number => {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = tasks.map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
};

/** The process and all that descend from it, parents first. */
export const listTree = (root: number): number[] => {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(statFields(Number(name))[1]));
    } catch {
      // Ended between the listing and the reading: then it is nobody's child any more.
    }
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
};

/** The one descendant whose command line begins with this program. @throws Error when there is none */
export const getDescendant = (root: number, program: string): number => {
  const found = listTree(root).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] === program);
  if (found === undefined) throw new Error(`process ${root} runs no ${program}`);
  return found;
};
