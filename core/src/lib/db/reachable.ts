/** Whether another user can get to a path: the embedded server runs without root's right to pass every directory. */
import { chmod, chown, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ServerUser } from './server-user.ts';

const canPass = async (dir: string, user: ServerUser): Promise<boolean> => {
  const { mode, uid, gid } = await stat(dir);
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
};

/** The directories from `path` up to the root that `user` may not pass, lowest first. Looks at modes, not at ACLs. */
export const listBarriers = async (path: string, user: ServerUser): Promise<string[]> => {
  const barriers: string[] = [];
  for (let dir = await realpath(path); ; dir = dirname(dir)) {
    if (!(await canPass(dir, user))) barriers.push(dir);
    if (dir === dirname(dir)) return barriers;
  }
};

/** Lets `user`, and nobody else, pass a directory of ours without seeing what is in it. */
export const letPass = async (dir: string, user: ServerUser): Promise<void> => {
  const { mode, uid } = await stat(dir);
  await chown(dir, uid, user.gid);
  await chmod(dir, (mode & 0o777) | 0o010);
};
