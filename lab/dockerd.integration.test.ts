import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { removeContainer, runContainer } from './containers.ts';
import type { DockerdState } from './dockerd.ts';
import { findDockerdState, startDockerd, stopDockerd } from './dockerd.ts';
import { connectEngine } from './engine.ts';
import { ensureImage, LAB_IMAGE } from './image.ts';
import { isRoot } from './system-user.ts';
import { openTempDir } from './temp-dir.ts';

const run = promisify(execFile);
const BRIDGE = `sbx${process.pid}`;

// A daemon beside the one that other tests share. Only root can start one; anybody else brings an engine of their own.
const withDaemon = async (work: (daemon: DockerdState) => Promise<void>): Promise<void> => {
  const dir = await openTempDir('dockerd');
  const place = { dir: dir.path, bridge: BRIDGE, bridgeAddress: '198.18.251.1/24' };
  const daemon = await startDockerd(place);
  try {
    await work(daemon);
  } finally {
    await stopDockerd(daemon);
  }
};

// Firewall rules, mounts, links and settings of this machine that could be the daemon's doing.
const readTraces = async () => ({
  rules: (await run('iptables-save')).stdout.split('\n').filter((line) => /docker|sbx/i.test(line)),
  mounts: (await readFile('/proc/mounts', 'utf8')).split('\n').filter((line) => line.includes('serverbox-lab-dockerd')),
  links: (await readdir('/sys/class/net')).filter((name) => name === BRIDGE),
  directories: (await readdir(tmpdir())).filter((name) => name.startsWith('serverbox-lab-dockerd')),
  forwarding: await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8'),
});

test.runIf(isRoot())('a daemon runs containers that reach each other by name, and leaves nothing behind', async () => {
  const before = await readTraces();
  await withDaemon(async (daemon) => {
    const engine = connectEngine(daemon.socketPath);
    await ensureImage(engine);
    await engine.call('POST', '/networks/create', { Name: 'lab-net' });
    await runContainer(engine, { name: 'server', command: ['httpd', '-f', '-h', '/www'], network: 'lab-net' });
    const fetching = ['sh', '-c', 'until wget -q -O - http://server/; do sleep 0.1; done'];
    const client = await runContainer(engine, { name: 'client', command: fetching, network: 'lab-net' });
    expect(await engine.call('POST', `/containers/${client}/wait`)).toMatchObject({ StatusCode: 0 });
    expect(String(await engine.call('GET', `/containers/${client}/logs?stdout=1`))).toContain('Hello from the lab.');
  });
  expect(await readTraces()).toEqual(before);
});

test.runIf(isRoot())('a daemon that was killed is found dead and cleaned away', async () => {
  await withDaemon(async (daemon) => {
    process.kill(daemon.pid, 'SIGKILL');
    await expect.poll(() => connectEngine(daemon.socketPath).isReachable()).toBe(false);
    expect(await findDockerdState(daemon)).toBeUndefined();
    expect(existsSync(daemon.dir)).toBe(false);
  });
});

test.runIf(isRoot())('the image is imported once and removed containers are gone', async () => {
  await withDaemon(async (daemon) => {
    const engine = connectEngine(daemon.socketPath);
    await ensureImage(engine);
    const first = await engine.call('GET', `/images/${LAB_IMAGE}/json`);
    await ensureImage(engine);
    expect(await engine.call('GET', `/images/${LAB_IMAGE}/json`)).toEqual(first);
    expect((first as { Size: number }).Size).toBeLessThan(3_000_000);
    const id = await runContainer(engine, { name: 'short', command: ['true'] });
    await removeContainer(engine, id);
    await expect(engine.call('GET', `/containers/${id}/json`)).rejects.toThrow(/404/);
  });
});
