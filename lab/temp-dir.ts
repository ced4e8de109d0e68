import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TempDir = { path: string; remove(): Promise<void> };

/** Makes an empty directory (mode 0700) under the system's temporary one; `owner` needs root. */
export const openTempDir = async (purpose: string, owner?: { uid: number; gid: number }): Promise<TempDir> => {
  const path = await mkdtemp(join(tmpdir(), `serverbox-lab-${purpose}-`));
  if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};
