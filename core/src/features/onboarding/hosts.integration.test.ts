/** The agent on a real host: OpenSSH, sudo, OpenRC and an address of its own. SSH brings the agent, and is forgotten. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort } from '../../../../lab/free-port.ts';
import type { LabHost, LabHosts } from '../../../../lab/hosts.ts';
import { openHosts } from '../../../../lab/hosts.ts';
import type { Box } from '../../../../test/e2e/box.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../../../../test/e2e/box.ts';
import { ask, signIn } from '../../../../test/surface/client.ts';

let lab: LabHosts;
let host: LabHost;
let box: Box;
let token: string;
const ends: (() => Promise<unknown>)[] = [];

/** Lets the hosts, which share a network with this machine alone, reach a port of its loopback. */
const openDoor = async (address: string, port: number): Promise<string> => {
  const door = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => near.destroy()).pipe(near);
  });
  door.listen(0, address);
  await once(door, 'listening');
  ends.push(async () => door.close());
  return `${address}:${(door.address() as AddressInfo).port}`;
};

beforeAll(async () => {
  lab = await openHosts();
  ends.push(lab.close);
  const port = await findFreePort();
  host = await lab.start('bare', { hasDocker: false });
  const door = await openDoor(host.address.replace(/\d+$/, '1'), port);
  const dir = await openDataDir();
  ends.push(dir.remove);
  box = await startBox(dir.path, {
    ...WITH_ADMIN,
    ...{ SERVERBOX_LOCAL_NODE: 'off', PORT: `${port}`, SERVERBOX_PUBLIC_URL: `http://${door}` },
  });
  ends.push(() => box.stop());
  // As the machine itself: the public address is for the hosts.
  box = { ...box, url: `http://127.0.0.1:${port}` };
  token = (await signIn(box)).accessToken;
}, 600_000);
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

interface Steps {
  steps: { step: string; result: string; text: string }[];
}
const call = (method: string, path: string, body?: object) =>
  ask(box, path, { method, token, ...(body === undefined ? {} : { body }) });
const add = async (name: string, sshUser: string) => {
  const auth = { kind: 'key', privateKey: lab.privateKey };
  const created = await call('POST', '/api/nodes', { name, host: host.address, sshUser, auth });
  const { node, ssh } = created.body as {
    node: { id: string };
    ssh: { hostKey: { offered: { fingerprint: string } } };
  };
  const { fingerprint } = ssh.hostKey.offered;
  expect(fingerprint).toBe(await host.hostKeyFingerprint());
  const accepted = await call('POST', `/api/nodes/${node.id}/host-key`, { fingerprint, decision: 'accept' });
  expect(accepted.status, JSON.stringify(accepted.body)).toBe(200);
  return node.id;
};
const installOn = async (nodeId: string, options: object = {}) =>
  (await call('POST', `/api/nodes/${nodeId}/install-agent`, options)).body as Steps;
const waysOf = async (nodeId: string) => {
  const { ways } = (await call('GET', `/api/nodes/${nodeId}`)).body as { ways: { way: string; state: string }[] };
  return ways.map(({ way, state }) => `${way} ${state}`);
};

test('a user who cannot become root is told so, and nothing is left on the host', async () => {
  const { steps } = await installOn(await add('as-guest', 'guest'));
  expect(steps.at(-1)).toMatchObject({ step: 'platform', result: 'failed', text: expect.stringContaining('sudo') });
  expect((await host.exec('sh', '-c', 'ls /tmp; ls /var/lib | grep serverbox')).stdout).toBe('');
});

test('SSH brings the agent by sudo, it runs as a service, and SSH access is forgotten', async () => {
  const nodeId = await add('as-ops', 'ops');
  const { steps } = await installOn(nodeId);
  expect(
    steps.map(({ step, result }) => `${step} ${result}`),
    JSON.stringify(steps),
  ).toEqual(['connect ok', 'platform ok', 'download ok', 'install ok', 'enrol ok', 'linked ok', 'forget ok']);
  expect(await waysOf(nodeId)).toEqual(['agent up']);
  const ran = await call('POST', `/api/nodes/${nodeId}/exec`, { argv: ['id', '-un'] });
  expect(ran.body).toMatchObject({ exitCode: 0, stdout: 'root\n' });
  expect((await host.exec('sh', '-c', 'ls /tmp')).stdout).toBe('');
  expect((await host.exec('rc-service', 'serverbox-agent', 'status')).stdout).toContain('started');

  const { uninstall } = (await call('GET', `/api/nodes/${nodeId}/agent-commands`)).body as { uninstall: string };
  const gone = await host.exec('su', 'ops', '-c', uninstall);
  expect(gone, gone.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('The agent is gone') });
  expect((await host.exec('sh', '-c', 'ls /etc/init.d | grep serverbox; pidof serverbox-agent')).stdout).toBe('');
  await expect.poll(() => waysOf(nodeId), { timeout: 15_000 }).toEqual(['agent down']);
});
