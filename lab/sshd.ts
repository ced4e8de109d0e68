/** A real OpenSSH server on loopback, with keys of its own, that lets the user who runs the test in. */
import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Daemon } from './daemon.ts';
import { startDaemon } from './daemon.ts';
import { findFreePort } from './free-port.ts';
import { createGuestAccount } from './guest-account.ts';
import { getProgram } from './programs.ts';
import { isRoot } from './system-user.ts';
import { openTempDir } from './temp-dir.ts';

export type SshServer = Daemon & {
  /** Of the guest; undefined without one. */
  password: string | undefined;
  port: number;
  username: string;
  /** OpenSSH's form: `SHA256:` and the unpadded base64 of the digest of the key. */
  hostKeyFingerprint: string;
  /** The only key it accepts, in OpenSSH's PEM form. */
  privateKey: string;
};

export type SshServerOptions = {
  port?: number;
  /** Sessions one connection may hold; OpenSSH's default is 10. */
  maxSessions?: number;
  /** Files of private host keys to use instead of a new one. */
  hostKeyPaths?: readonly string[];
  /** Further public keys that are let in. */
  authorizedKeys?: readonly string[];
  /** An account of its own with a password, instead of the user who runs the test. Needs root. */
  hasGuest?: boolean;
  /** Lines of sshd_config that come before ours, and so win. */
  config?: readonly string[];
};

const run = promisify(execFile);

// sshd gives up its rights in this empty directory; a system that never ran sshd does not have it.
const PRIVILEGE_SEPARATION_DIR = '/run/sshd';

/** Starts sshd; `stop` removes its keys. As another user than root it can let in only that user. */
export const startSshd = async (options: SshServerOptions = {}): Promise<SshServer> => {
  const sshd = getProgram('sshd');
  const port = options.port ?? (await findFreePort());
  const dir = await openTempDir('sshd');
  // Left in place: it is empty, and another sshd may have come to rely on it.
  if (isRoot()) await mkdir(PRIVILEGE_SEPARATION_DIR, { recursive: true, mode: 0o755 });
  try {
    const [ownHostKey = join(dir.path, 'host')] = options.hostKeyPaths ?? [];
    if (options.hostKeyPaths === undefined) await createKey(ownHostKey);
    const hostKeyFingerprint = await fingerprintOf(ownHostKey);
    await createKey(join(dir.path, 'user'));
    await appendFile(join(dir.path, 'user.pub'), (options.authorizedKeys ?? []).map((line) => `${line}\n`).join(''));
    await writeFile(join(dir.path, 'sshd_config'), configOf(dir.path, port, options));
    const guest = options.hasGuest === true ? await createGuestAccount(dir.path, []) : undefined;
    const argv = [sshd, '-D', '-e', '-f', join(dir.path, 'sshd_config')] as const;
    const daemon = await startDaemon({
      argv: guest?.inside(argv) ?? [...argv],
      readyLine: /Server listening on 127\.0\.0\.1/,
      stopSignal: 'SIGTERM',
    });
    return {
      ...daemon,
      port,
      username: guest?.username ?? userInfo().username,
      password: guest?.password,
      hostKeyFingerprint,
      privateKey: await readFile(join(dir.path, 'user'), 'utf8'),
      stop: () => daemon.stop().then(dir.remove),
    };
  } catch (error) {
    await dir.remove();
    throw error;
  }
};

/** Makes an ed25519 key pair: the private half at `path`, the public one beside it. */
export const createKey = async (path: string): Promise<void> => {
  await run(getProgram('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-C', 'serverbox-lab', '-f', path]);
};

/** Of the public half. */
const fingerprintOf = async (path: string): Promise<string> => {
  const { stdout } = await run(getProgram('ssh-keygen'), ['-l', '-E', 'sha256', '-f', `${path}.pub`]);
  const fingerprint = stdout.split(' ')[1];
  if (fingerprint === undefined) throw new Error(`ssh-keygen printed no fingerprint: ${stdout}`);
  return fingerprint;
};

const configOf = (dir: string, port: number, options: SshServerOptions): string =>
  [
    ...(options.config ?? []),
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...(options.hostKeyPaths ?? [`${dir}/host`]).map((path) => `HostKey ${path}`),
    `AuthorizedKeysFile ${dir}/user.pub`,
    'PidFile none',
    'StrictModes no', // the temporary directory belongs to everybody
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    `MaxSessions ${options.maxSessions ?? 10}`,
    'MaxStartups 200',
    'AcceptEnv LANG LC_*',
    // Otherwise bash reads the user's own ~/.bashrc for each command, whose cost is none of ours.
    'SetEnv SHLVL=2',
    'AllowTcpForwarding yes',
    'AllowStreamLocalForwarding yes',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n');
