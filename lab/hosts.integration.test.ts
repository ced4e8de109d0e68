import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureDockerd } from './docker.ts';
import { connectEngine } from './engine.ts';
import { findFreePort } from './free-port.ts';
import type { LabHost, LabHosts } from './hosts.ts';
import { openHosts } from './hosts.ts';
import { isRoot } from './system-user.ts';
import type { TempDir } from './temp-dir.ts';
import { openTempDir } from './temp-dir.ts';

const MINUTES_MS = 60_000;
const runProgram = promisify(execFile);

let lab: LabHosts;
let dir: TempDir;
let jump: LabHost;
let inner: LabHost;

// The image is made by root, with debootstrap.
const describeHosts = test.runIf(isRoot());

beforeAll(async () => {
  if (!isRoot()) return;
  dir = await openTempDir('hosts-test');
  lab = await openHosts();
  await writeFile(join(dir.path, 'key'), lab.privateKey, { mode: 0o600 });
  [jump, inner] = await Promise.all([
    lab.start('jump', { networks: ['near', 'far'] }),
    lab.start('inner', { networks: ['far'], sshd: 'dropbear', hasDocker: false }),
  ]);
  await writeKnownHosts();
}, 10 * MINUTES_MS);

afterAll(async () => {
  await lab?.close();
  await dir?.remove();
});

const knownHosts = () => join(dir.path, 'known_hosts');
const writeKnownHosts = async () => {
  const lines = [jump, inner].map(async (host) => `${host.address} ${await host.hostKey()}\n`);
  await writeFile(knownHosts(), (await Promise.all(lines)).join(''));
};
const options = () => [
  ...['-F', 'none', '-i', join(dir.path, 'key')],
  ...[
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts()}`,
    'LogLevel=ERROR',
    'BatchMode=yes',
    'ConnectTimeout=3',
  ].flatMap((option) => ['-o', option]),
];
const ssh = async (target: string, command: string, through?: LabHost): Promise<string> => {
  const proxy = `ssh ${options().join(' ')} -W %h:%p root@${through?.address}`;
  const jumping = through === undefined ? [] : ['-o', `ProxyCommand=${proxy}`];
  return (await runProgram('ssh', [...options(), ...jumping, target, command])).stdout.trim();
};

describeHosts('a host runs containers in its own Docker engine, which guests may not use', async () => {
  await jump.exec('docker', 'run', '-d', '--name', 'web', 'serverbox-lab/busybox', 'sleep', '1000');
  expect(jump.dockerProblem).toBeUndefined();
  expect(await ssh(`ops@${jump.address}`, "docker ps --format '{{.Names}}'")).toBe('web');
  expect(await ssh(`ops@${jump.address}`, 'sudo -n id -u')).toBe('0');
  await expect(ssh(`guest@${jump.address}`, 'docker ps')).rejects.toThrow(/permission denied/i);
});

describeHosts('a far host is reached through one that is on both networks, and not from here', async () => {
  expect(await ssh(`root@${inner.address}`, 'hostname', jump)).toBe(inner.name);
  const { stdout } = await runProgram('ip', ['-4', '-o', 'address']);
  expect(stdout).not.toContain(inner.address.replace(/\d+$/, ''));
});

describeHosts('a host key is changed, by OpenSSH and by dropbear', async () => {
  for (const host of [jump, inner]) {
    const before = await host.hostKeyFingerprint();
    await host.changeHostKey();
    expect(await host.hostKeyFingerprint()).not.toBe(before);
  }
  await expect(ssh(`root@${jump.address}`, 'true')).rejects.toThrow(/host key verification failed/i);
  await writeKnownHosts();
  const { stdout } = await runProgram('sh', [
    '-c',
    `ssh-keyscan -t ed25519 ${jump.address} 2>/dev/null | ssh-keygen -lf -`,
  ]);
  expect(stdout).toContain(await jump.hostKeyFingerprint());
});

describeHosts('a host comes back from a reboot with its files and its address, and from a drawn cable', async () => {
  await ssh(`root@${jump.address}`, 'echo kept >/root/note');
  await jump.reboot();
  expect(await ssh(`root@${jump.address}`, 'cat /root/note')).toBe('kept');
  await jump.disconnect();
  await expect(ssh(`root@${jump.address}`, 'true')).rejects.toThrow(/timed out|No route|unreachable/i);
  await jump.connect();
  // This machine may still be waiting for the answer to its question who has the address.
  const nameOf = () => ssh(`root@${jump.address}`, 'hostname').catch((error: Error) => error.message);
  await expect.poll(nameOf, { timeout: 15_000 }).toBe(jump.name);
});

describeHosts('what listens on the loopback of this machine is reached through a door, by near hosts', async () => {
  const port = await findFreePort();
  const server = createServer((_, response) => response.end('hello')).listen(port, '127.0.0.1');
  try {
    const door = await lab.openDoor(port);
    const { stdout } = await jump.exec('curl', '-s', '--retry', '5', '--retry-connrefused', `http://${door}`);
    expect(stdout).toBe('hello');
  } finally {
    server.close();
  }
});

describeHosts('a lab that was closed leaves no container, network or volume behind', async () => {
  const other = await openHosts();
  const host = await other.start('short', { networks: ['near', 'far'] });
  const docker = await ensureDockerd();
  const engine = connectEngine(docker.socketPath);
  const prefix = host.name.replace(/short$/, '');
  const { Mounts } = (await engine.call('GET', `/containers/${host.name}/json`)) as { Mounts: { Name?: string }[] };
  const volumes = Mounts.flatMap(({ Name }) => Name ?? []);
  const findLeft = async () => {
    const filters = `filters=${encodeURIComponent(JSON.stringify({ name: [prefix] }))}`;
    const all = [`/containers/json?all=1&${filters}`, `/networks?${filters}`].map((path) => engine.call('GET', path));
    const { Volumes } = (await engine.call('GET', '/volumes')) as { Volumes: { Name: string }[] | null };
    const left = Volumes?.filter(({ Name }) => volumes.includes(Name)) ?? [];
    return [...(await Promise.all(all)).map((list) => (list as unknown[]).length), left.length];
  };
  try {
    expect(await findLeft()).toEqual([1, 2, 1]);
    await other.close();
    expect(await findLeft()).toEqual([0, 0, 0]);
  } finally {
    await docker.stop();
  }
});
