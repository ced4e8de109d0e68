/** A real OpenSSH server on loopback, with keys of its own, that lets the user who runs the test in. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Daemon } from './daemon.ts';
import { startDaemon } from './daemon.ts';
import { findFreePort } from './free-port.ts';
import { getProgram } from './programs.ts';
import { isRoot } from './system-user.ts';
import { openTempDir } from './temp-dir.ts';

export type SshServer = Daemon & {
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
    const hostKeyFingerprint = await createKey(join(dir.path, 'host'));
    await createKey(join(dir.path, 'user'));
    await writeFile(join(dir.path, 'sshd_config'), configOf(dir.path, port, options.maxSessions ?? 10));
    const daemon = await startDaemon({
      argv: [sshd, '-D', '-e', '-f', join(dir.path, 'sshd_config')],
      readyLine: /Server listening on 127\.0\.0\.1/,
      stopSignal: 'SIGTERM',
    });
    return {
      ...daemon,
      port,
      username: userInfo().username,
      hostKeyFingerprint,
      privateKey: await readFile(join(dir.path, 'user'), 'utf8'),
      stop: () => daemon.stop().then(dir.remove),
    };
  } catch (error) {
    await dir.remove();
    throw error;
  }
};

/** Makes an ed25519 key pair; gives the fingerprint of its public half. */
const createKey = async (path: string): Promise<string> => {
  const keygen = getProgram('ssh-keygen');
  await run(keygen, ['-q', '-t', 'ed25519', '-N', '', '-C', 'serverbox-lab', '-f', path]);
  const { stdout } = await run(keygen, ['-l', '-E', 'sha256', '-f', `${path}.pub`]);
  const fingerprint = stdout.split(' ')[1];
  if (fingerprint === undefined) throw new Error(`ssh-keygen printed no fingerprint: ${stdout}`);
  return fingerprint;
};

const configOf = (dir: string, port: number, maxSessions: number): string =>
  [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${dir}/host`,
    `AuthorizedKeysFile ${dir}/user.pub`,
    'PidFile none',
    'StrictModes no', // the temporary directory belongs to everybody
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    `MaxSessions ${maxSessions}`,
    'MaxStartups 200',
    'AcceptEnv LANG LC_*',
    'AllowTcpForwarding yes',
    'AllowStreamLocalForwarding yes',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n');
