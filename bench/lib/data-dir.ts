/** Data directories of benchmarks. A run that was killed leaves its own behind; the next one takes them away. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

// Not os.tmpdir(): the path of a socket must be short, and TMPDIR need not be.
const PARENT = '/tmp';
const NAME = /^serverbox-bench-(\d+)-/;
const REMOVAL = { recursive: true, force: true, maxRetries: 5 };

export interface DataDir {
  path: string;
  remove(): Promise<void>;
}

/** A directory that the embedded database's own user can get to. */
export const openDataDir = async (): Promise<DataDir> => {
  const path = await mkdtemp(join(PARENT, `serverbox-bench-${process.pid}-`));
  return { path, remove: () => rm(path, REMOVAL) };
};

/** Removes the directories of runs that are over. */
export const sweepDataDirs = async (): Promise<void> => {
  for (const name of await readdir(PARENT)) {
    const owner = NAME.exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) await rm(join(PARENT, name), REMOVAL);
  }
};
