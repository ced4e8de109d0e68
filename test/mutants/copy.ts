/** A copy of the repository in which bugs can be planted, while the one that people work in stays as it is. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

export type Copy = {
  path: string;
  /** Plants the patch. @throws Error when it does not fit the code any more */
  plant(patchPath: string): Promise<void>;
  /** Takes the patch out again. */
  uproot(patchPath: string): Promise<void>;
  remove(): Promise<void>;
};

const ROOT = join(import.meta.dirname, '../..');
const LEFT_OUT = new Set(['node_modules', '.git', '.cache', 'coverage', 'data']);
const OUR_SCOPE = '@serverbox';

/** Foreign packages are shared; ours have to be those of the copy, or a bug in one of them would not be seen. */
const linkPackages = async (path: string): Promise<void> => {
  const from = join(ROOT, 'node_modules');
  const to = join(path, 'node_modules');
  await mkdir(join(to, OUR_SCOPE), { recursive: true });
  for (const name of await readdir(from)) {
    if (name !== OUR_SCOPE && !name.startsWith('.vite')) await symlink(join(from, name), join(to, name));
  }
  for (const name of await readdir(join(from, OUR_SCOPE)))
    await symlink(join('../..', name), join(to, OUR_SCOPE, name));
};

/** Copies the repository as it is now, changes that are not committed included. */
export const openCopy = async (): Promise<Copy> => {
  const path = await mkdtemp(join(tmpdir(), 'serverbox-mutants-'));
  await cp(ROOT, path, { recursive: true, filter: (source) => !LEFT_OUT.has(basename(source)) });
  await linkPackages(path);
  // Less context than usual: a change nearby should not make a mutant unusable.
  const git = (...args: string[]) => promisify(execFile)('git', ['apply', '-C1', ...args], { cwd: path });
  return {
    path,
    plant: async (patchPath) => void (await git(patchPath)),
    uproot: async (patchPath) => void (await git('--reverse', patchPath)),
    remove: () => rm(path, { recursive: true, force: true }),
  };
};
