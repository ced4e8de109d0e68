/**
 * Who still uses something that several processes share: one file each, in a directory. A user that died without
 * giving its lease back is not counted. Callers hold the lock of what they share.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// A lease kept on purpose (`npm run lab up`) names no process and ends only when it is dropped.
const KEPT = 'kept';

/** Notes that this process uses the shared thing. @returns the lease, for `dropLease` */
export const takeLease = async (dir: string): Promise<string> => {
  const lease = join(dir, `${process.pid}.${randomUUID()}`);
  await mkdir(dir, { recursive: true });
  await writeFile(lease, '');
  return lease;
};

/** Notes that the shared thing is to stay when no process uses it. */
export const keep = async (dir: string): Promise<void> => {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, KEPT), '');
};

/** Gives a lease back. @returns whether anybody else still uses the shared thing */
export const dropLease = async (dir: string, lease: string): Promise<boolean> => {
  await rm(lease, { force: true });
  const names = await readdir(dir);
  return names.some((name) => name === KEPT || existsSync(`/proc/${name.split('.')[0]}`));
};
