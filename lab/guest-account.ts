/**
 * An account with a home and a password that exists for one daemon alone: the daemon sees other /etc/passwd and /etc/shadow
 * than the machine, in a mount namespace of its own. Needs root.
 */
import { execFile } from 'node:child_process';
import { appendFile, chmod, chown, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { getProgram } from './programs.ts';

export type GuestAccount = {
  username: string;
  password: string;
  /** The program and arguments that run `argv` where the account exists. */
  inside(argv: readonly string[]): [string, ...string[]];
};

const UID = 61_184; // in the range that Debian gives to nobody
const SCRIPT = 'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/shadow" /etc/shadow && exec "$@"';
const run = promisify(execFile);

/** @param dir a directory for its files, which everybody may then enter; @param authorizedKeys lines of public keys */
export const createGuestAccount = async (dir: string, authorizedKeys: readonly string[]): Promise<GuestAccount> => {
  const account = { username: 'sbguest', password: 'correct horse battery' };
  const home = join(dir, 'home');
  await chmod(dir, 0o711);
  await mkdir(join(home, '.ssh'), { recursive: true });
  await writeFile(join(home, '.ssh/authorized_keys'), authorizedKeys.map((line) => `${line}\n`).join(''), {
    mode: 0o600,
  });
  for (const path of [home, join(home, '.ssh'), join(home, '.ssh/authorized_keys')]) await chown(path, UID, UID);
  const { stdout: hash } = await run('openssl', ['passwd', '-6', account.password]);
  for (const name of ['passwd', 'shadow']) await copyFile(`/etc/${name}`, join(dir, name));
  await appendFile(join(dir, 'passwd'), `${account.username}:x:${UID}:${UID}::${home}:/bin/bash\n`);
  await appendFile(join(dir, 'shadow'), `${account.username}:${hash.trim()}:19000:0:99999:7:::\n`);
  return {
    ...account,
    inside: (argv) => [getProgram('unshare'), '--mount', '--propagation', 'private', 'sh', '-c', SCRIPT, dir, ...argv],
  };
};
