import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import type { DoctorHop } from '@serverbox/contract/doctor';
import { DOCTOR_HOPS, DoctorReport } from '@serverbox/contract/doctor';
import type { NodeId } from '@serverbox/contract/ids';
import type { NodeDetail } from '@serverbox/contract/nodes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureDockerd } from '../../../../lab/docker.ts';
import type { SshServer } from '../../../../lab/sshd.ts';
import { startSshd } from '../../../../lab/sshd.ts';
import { systemClock } from '../../lib/clock.ts';
import { keyCredential, openLabPool, scanHostKey } from '../../lib/link/testing-sshd.ts';
import { silentLog } from '../../lib/log.ts';
import { principal } from '../nodes/testing.ts';
import { climbLadder } from '../nodes/ways.ts';
import { openInstallation } from '../ssh/testing.ts';
import { checkDocker } from './docker.ts';
import { ownAddressSteps } from './own-address.ts';
import { createDoctor } from './service.ts';
import { walk } from './walk.ts';

let [web, bastion]: SshServer[] = [];
beforeAll(async () => {
  [web, bastion] = await Promise.all([startSshd(), startSshd()]);
});
afterAll(async () => {
  await Promise.all([web?.stop(), bastion?.stop()]);
});
const webServer = (): SshServer => web as SshServer;

type Box = Awaited<ReturnType<typeof openInstallation>>;

/** Of a node the doctor takes what the tests of nodes show elsewhere: its ways, and what is known of it. */
const check = async (box: Box, nodeId: NodeId) => {
  const ways = climbLadder([box.ssh.wayOf({ id: nodeId })].filter((way) => way !== undefined));
  const node = { id: nodeId, ways, facts: null, services: [], conflict: null } as unknown as NodeDetail;
  const doctor = createDoctor({
    ...{ links: box.links, ssh: box.ssh, nodes: { get: async () => node } },
    ...{ publicUrl: undefined, clock: systemClock, log: silentLog },
  });
  const report = DoctorReport.parse(await doctor.check(principal, nodeId, new AbortController().signal));
  return { report, hop: (name: string) => report.hops.find(({ hop }) => hop === name) as DoctorHop };
};

const listen = async <S extends Server>(server: S): Promise<{ server: S; port: number }> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, port: (server.address() as AddressInfo).port };
};

describe('by SSH', () => {
  test('each hop to a good host is told in the order of the contract, down to what its account may do', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addHost('web-1', webServer());
    const { report, hop } = await check(box, nodeId);
    const names = report.hops.map((one) => one.hop);
    expect(names).toEqual(DOCTOR_HOPS.filter((name) => names.includes(name)));
    expect(names).toEqual([
      ...['dns', 'tcp', 'jump', 'host_key', 'auth', 'clock', 'user', 'shell'],
      ...['docker_socket', 'docker', 'compose', 'agent'],
    ]);
    for (const name of ['dns', 'tcp', 'host_key', 'auth', 'clock', 'user', 'shell'])
      expect(hop(name), name).toMatchObject({ result: 'ok', advice: null });
    expect(hop('host_key').text).toContain(webServer().hostKeyFingerprint);
    expect(hop('auth').text).toContain(`Signed in as ${webServer().username}`);
    expect(report.hops.filter(({ result, advice }) => result === 'failed' && advice === null)).toEqual([]);
  });

  test('a host key that nobody accepted ends the way, with the fingerprint to compare', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addNode('web-1');
    await box.connect(nodeId, webServer());
    const { report, hop } = await check(box, nodeId);
    expect(hop('tcp').result).toBe('ok');
    expect(hop('host_key')).toMatchObject({
      result: 'failed',
      text: expect.stringContaining(webServer().hostKeyFingerprint),
      advice: expect.stringContaining('ssh-keygen -lf'),
    });
    expect(hop('auth').result).toBe('skipped');
    expect(report.verdict).toContain('First contact');
  });

  test('a key that the account does not know is told with the line that adds it', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addNode('web-1');
    await box.connect(nodeId, webServer(), { auth: { kind: 'generated' } });
    await box.accept(nodeId);
    const { hop } = await check(box, nodeId);
    expect(hop('host_key').result).toBe('ok');
    expect(hop('auth')).toMatchObject({ result: 'failed', advice: expect.stringContaining('authorized_keys') });
    expect(hop('user').result).toBe('skipped');
  });

  test('a name that is unknown and a port where nothing listens each end the way at their hop', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addNode('web-1');
    await box.connect(nodeId, webServer(), { port: 1 });
    const refused = await check(box, nodeId);
    expect(refused.hop('tcp')).toMatchObject({ result: 'failed', text: expect.stringContaining('refused') });
    expect(refused.report.hops.slice(2).every(({ result }) => result === 'skipped')).toBe(true);
    const access = { port: 22, sshUser: 'root', jump: [] };
    await box.ssh.put(nodeId, { host: 'no-such-host.invalid', ...access }, 'a@example.org');
    const unknown = await check(box, nodeId);
    expect(unknown.hop('dns')).toMatchObject({ result: 'failed', advice: expect.stringContaining('getent hosts') });
    expect(unknown.hop('tcp').result).toBe('skipped');
  });

  test('a jump host that is not to be trusted yet is named', async () => {
    await using box = await openInstallation();
    const jump = await box.addNode('bastion');
    await box.connect(jump, bastion as SshServer);
    const nodeId = await box.addNode('web-1');
    await box.connect(nodeId, webServer(), { jump: [jump] });
    const blocked = await check(box, nodeId);
    expect(blocked.hop('tcp').result).toBe('ok');
    expect(blocked.hop('jump')).toMatchObject({ result: 'failed', text: expect.stringContaining('bastion') });
    await box.accept(jump);
    await box.ssh.probe(nodeId);
    await box.accept(nodeId);
    const open = await check(box, nodeId);
    expect(open.hop('jump')).toMatchObject({ result: 'ok', text: 'The way through bastion is open.' });
    expect(open.hop('user').result).toBe('ok');
  });

  test('NO-2 a host that accepts connections and says nothing is told within 20 s', { timeout: 40_000 }, async () => {
    await using box = await openInstallation();
    const { server, port } = await listen(createServer((socket) => socket.on('error', () => undefined)));
    const nodeId = await box.addNode('hung');
    const access = { host: '127.0.0.1', port, sshUser: 'root', jump: [], auth: { kind: 'generated' } as const };
    await box.ssh.put(nodeId, access, 'a@example.org');
    const startedMs = performance.now();
    const { report, hop } = await check(box, nodeId);
    expect(performance.now() - startedMs).toBeLessThan(20_500);
    expect(hop('tcp').result).toBe('ok');
    expect(report.hops.some(({ result }) => result === 'failed')).toBe(true);
    server.close();
    box.ssh.stop();
  });

  test('a node without any way says what to do', async () => {
    await using box = await openInstallation();
    const { report } = await check(box, await box.addNode('new'));
    expect(report).toMatchObject({ hops: [], verdict: expect.stringContaining('install the agent') });
  });
});

test('Docker is asked through its own socket, as everything else asks it', async () => {
  const docker = await ensureDockerd();
  try {
    const credential = keyCredential(webServer().privateKey);
    const lab = await openLabPool(webServer(), { credential, pinned: await scanHostKey(webServer().port) });
    expect(await checkDocker(lab.pool, docker.socketPath)).toMatchObject({
      result: 'ok',
      text: expect.stringMatching(/^Docker \d+\.\d+.*, API 1\.\d+\.$/),
    });
    lab.pool.close('the test ended');
  } finally {
    await docker.stop();
  }
});

describe('the public address of Server Box itself', () => {
  const tryAddress = (url: string | undefined) =>
    walk({ clock: systemClock, signal: new AbortController().signal }, 'agent', ownAddressSteps(url));
  const resultsOf = (hops: DoctorHop[]) => hops.map(({ hop, result }) => [hop, result]);

  test('a request for a WebSocket that the core itself refuses has come through', async () => {
    const refusal = JSON.stringify({ error: { code: 'unauthenticated', message: 'No.', requestId: 'x' } });
    const http = createHttpServer().on('upgrade', (_, socket) => {
      socket.end(`HTTP/1.1 401 Unauthorized\r\ncontent-length: ${refusal.length}\r\n\r\n${refusal}`);
    });
    const { server, port } = await listen(http);
    expect(resultsOf(await tryAddress(`http://127.0.0.1:${port}`))).toEqual([
      ['dns', 'ok'],
      ['tcp', 'ok'],
      ['tls', 'skipped'],
      ['upgrade', 'ok'],
    ]);
    server.close();
  });

  test('a proxy that knows no WebSocket is told so', async () => {
    const { server, port } = await listen(createHttpServer((_, response) => response.end('Welcome to nginx!')));
    const hops = await tryAddress(`http://127.0.0.1:${port}`);
    expect(hops.at(-1)).toMatchObject({ hop: 'upgrade', result: 'failed', advice: expect.stringContaining('Upgrade') });
    server.close();
  });

  test('what speaks no TLS under https fails there, and nothing after it is tried', async () => {
    const { server, port } = await listen(createHttpServer());
    expect(resultsOf(await tryAddress(`https://127.0.0.1:${port}`))).toEqual([
      ['dns', 'ok'],
      ['tcp', 'ok'],
      ['tls', 'failed'],
      ['upgrade', 'skipped'],
    ]);
    server.close();
  });

  test('without a configured address nothing is tried and nothing is wrong', async () => {
    expect((await tryAddress(undefined)).map(({ result }) => result)).toEqual(Array(4).fill('skipped'));
  });
});
