import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { SshServer } from './sshd.ts';
import { startSshd } from './sshd.ts';
import { openTempDir } from './temp-dir.ts';

const run = promisify(execFile);

const ssh = async (server: SshServer, args: readonly string[]): Promise<string> => {
  const dir = await openTempDir('ssh-client');
  try {
    const keyFile = join(dir.path, 'key');
    const knownHosts = join(dir.path, 'known_hosts');
    await writeFile(keyFile, server.privateKey, { mode: 0o600 });
    const { stdout: hostKey } = await run('ssh-keyscan', ['-p', String(server.port), '-t', 'ed25519', '127.0.0.1']);
    await writeFile(knownHosts, hostKey);
    const { stdout: fingerprint } = await run('ssh-keygen', ['-l', '-f', knownHosts]);
    expect(fingerprint).toContain(server.hostKeyFingerprint);
    const options = ['BatchMode=yes', 'IdentitiesOnly=yes', `UserKnownHostsFile=${knownHosts}`].flatMap((option) => [
      '-o',
      option,
    ]);
    const target = ['-F', 'none', '-i', keyFile, '-p', String(server.port), `${server.username}@127.0.0.1`];
    return (await run('ssh', [...options, ...target, ...args])).stdout;
  } finally {
    await dir.remove();
  }
};

test('sshd lets its own key in under the announced host key, and is gone after stop', async () => {
  const server = await startSshd();
  try {
    expect(await ssh(server, ['echo', 'hello'])).toBe('hello\n');
    process.kill(server.pid, 0);
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow(/ESRCH/);
  } finally {
    await server.stop();
  }
});

test('two servers have different host keys', async () => {
  const [one, two] = await Promise.all([startSshd({ maxSessions: 1 }), startSshd()]);
  try {
    expect(one.hostKeyFingerprint).not.toBe(two.hostKeyFingerprint);
    expect(one.hostKeyFingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
});
