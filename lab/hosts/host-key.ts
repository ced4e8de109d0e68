import { createHash } from 'node:crypto';
import type { Sshd } from './create.ts';
import type { ExecResult } from './exec.ts';

type Exec = (...argv: string[]) => Promise<ExecResult>;

const DROPBEAR_KEY = '/etc/dropbear/dropbear_ed25519_host_key';
const SHOW: Record<Sshd, string> = {
  openssh: 'cat /etc/ssh/ssh_host_ed25519_key.pub',
  dropbear: `[ -e ${DROPBEAR_KEY} ] || dropbearkey -t ed25519 -f ${DROPBEAR_KEY} >/dev/null 2>&1; dropbearkey -y -f ${DROPBEAR_KEY}`,
  none: 'exit 1',
};
// The server reads its key when it starts; it is started again as soon as it ends.
const RESTART =
  'old=$(cat /run/lab-sshd.pid); kill "$old"; until [ "$(cat /run/lab-sshd.pid 2>/dev/null || echo "$old")" != "$old" ]; do sleep 0.05; done';
const REPLACE: Record<Sshd, string> = {
  openssh: `rm -f /etc/ssh/ssh_host_*; ssh-keygen -A >/dev/null; ${RESTART}`,
  dropbear: `rm -f /etc/dropbear/*; ${RESTART}`,
  none: 'exit 1',
};

const runIn = async (exec: Exec, script: string): Promise<string> => {
  const { exitCode, stdout, stderr } = await exec('sh', '-c', script);
  if (exitCode !== 0) throw new Error(`the lab host's SSH server: ${stderr || 'there is none'}`);
  return stdout;
};

/** The ed25519 key, which clients prefer, as in a list of known hosts: `ssh-ed25519 AAAA…`. */
export const readHostKey = async (exec: Exec, sshd: Sshd): Promise<string> => {
  const key = /ssh-ed25519 \S+/.exec(await runIn(exec, SHOW[sshd]))?.[0];
  if (key === undefined) throw new Error('the lab host shows no key');
  return key;
};

/** OpenSSH's form: `SHA256:` and the unpadded base64 of the digest. */
export const fingerprintOf = (key: string): string => {
  const digest = createHash('sha256').update(Buffer.from(key.split(' ')[1] ?? '', 'base64'));
  return `SHA256:${digest.digest('base64').replace('=', '')}`;
};

export const replaceHostKey = async (exec: Exec, sshd: Sshd): Promise<void> => {
  await runIn(exec, REPLACE[sshd]);
};
