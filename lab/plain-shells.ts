/**
 * Login shells without the start files of the account that the tests run as: what a person has put there (a prompt that
 * asks, a version manager that waits for a lock) must not decide whether a test of terminals passes.
 */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS } from './programs.ts';
import { isRoot } from './system-user.ts';

const START_FILES = [
  '.profile',
  '.bash_profile',
  '.bash_login',
  '.bashrc',
  '.zshenv',
  '.zprofile',
  '.zshrc',
  '.zlogin',
];
const SCRIPT = 'while [ "$1" != -- ]; do mount --bind /dev/null "$1" || exit; shift; done; shift; exec "$@"';
const MARK = 'LAB_HAS_PLAIN_SHELLS';

/**
 * Has this process start over in a mount namespace where those files are empty, and returns there; called first thing in
 * a script. Only root may do that: for others the files stay as they are.
 */
export const enterPlainShells = (): void => {
  const unshare = PROGRAMS.unshare.find();
  if (process.env[MARK] !== undefined || unshare === undefined || !isRoot()) return;
  const { homedir } = userInfo(); // not HOME, which a shell of another session does not have
  const files = START_FILES.map((name) => join(homedir, name)).filter((path) => existsSync(path));
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const argv = [unshare, '--mount', '--propagation', 'slave', 'sh', '-c', SCRIPT, 'sh', ...files, '--', ...again];
  process.execve?.(unshare, argv, { ...process.env, [MARK]: '1' });
};
