/** The product on real hosts: OpenSSH and dropbear, jump hosts, Docker engines of their own, and what befalls machines. */
import type { Container, ObservedContainer } from '@serverbox/contract/containers';
import type { DoctorReport } from '@serverbox/contract/doctor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRoot } from '../../lab/system-user.ts';
import type { FleetStage, Machine } from './stage.ts';
import { openFleetStage } from './stage.ts';

const SETTLE = { timeout: 30_000, interval: 200 };
const IMAGE = 'serverbox-lab/busybox';

// The hosts' image is made by root.
describe.runIf(isRoot())('a fleet of real hosts', () => {
  let stage: FleetStage;
  let jump: Machine;
  let inner: Machine;
  let frail: Machine;

  beforeAll(async () => {
    stage = await openFleetStage();
    const { lab, add } = stage;
    const [near, far, weak] = await Promise.all([
      lab.start('jump', { networks: ['near', 'far'] }),
      lab.start('inner', { networks: ['far'] }),
      lab.start('frail', { sshd: 'dropbear' }),
    ]);
    for (const host of [near, far, weak])
      await host.exec('docker', 'run', '-d', '--stop-timeout', '1', '--name', 'web', IMAGE, 'sleep', '1000');
    jump = await add(near);
    inner = await add(far, { sshUser: 'ops', jump: [jump.nodeId] });
    frail = await add(weak);
  }, 600_000);
  afterAll(() => stage?.close());

  const wayOf = async (machine: Machine) => (await stage.node(machine)).ways.find(({ way }) => way === 'ssh')?.state;
  const stayConnected = ({ nodeId }: Machine) =>
    stage.call('PATCH', `/api/nodes/${nodeId}/ssh`, { presence: 'always' });
  const listContainers = async ({ nodeId }: Machine): Promise<Container[]> => {
    const { body } = await stage.call('GET', `/api/nodes/${nodeId}/containers`);
    return ((body as { items?: ObservedContainer[] }).items ?? []).map(({ value }) => value);
  };

  test('SH-1: nothing is done on a host before somebody has said yes to its key', async () => {
    const { nodeId, ssh } = await stage.offer(frail.host, { name: 'not accepted' });
    expect(ssh.hostKey.state).toBe('offered');
    expect(await stage.call('POST', `/api/nodes/${nodeId}/exec`, { argv: ['true'] })).toMatchObject({
      body: { error: { code: 'host_key_unknown' } },
    });
    await stage.call('DELETE', `/api/nodes/${nodeId}`);
  });

  test('SH-5, SH-17: commands run on OpenSSH, on dropbear and through a jump host, as the user that was named', async () => {
    for (const [machine, user] of [
      [jump, 'root'],
      [inner, 'ops'],
      [frail, 'root'],
    ] as const) {
      const ran = await stage.exec(machine, 'sh', '-c', 'echo "$(id -un) on $(hostname)"');
      expect(ran.body).toMatchObject({ exitCode: 0, stdout: `${user} on ${machine.host.name}\n` });
    }
  });

  test("containers of the hosts' own engines are seen and restarted: through a jump host, and where sockets are not forwarded", async () => {
    for (const machine of [jump, inner, frail]) {
      await stayConnected(machine);
      const names = async () => (await listContainers(machine)).map(({ name, state }) => `${name} ${state}`);
      await expect.poll(names, SETTLE).toEqual(['web running']);
      const [web] = await listContainers(machine);
      const { stdout: before } = await machine.host.exec('docker', 'inspect', '-f', '{{.State.StartedAt}}', 'web');
      const restarted = await stage.call('POST', `/api/nodes/${machine.nodeId}/containers/${web?.id}/restart`, {});
      expect(restarted.status, JSON.stringify(restarted.body)).toBe(200);
      const { stdout: after } = await machine.host.exec('docker', 'inspect', '-f', '{{.State.StartedAt}}', 'web');
      expect(after).not.toBe(before);
    }
  });

  test('SSH alone brings measurements and facts, over OpenSSH and over dropbear', async () => {
    await Promise.all([jump, frail].map(stayConnected));
    for (const machine of [jump, frail]) {
      const known = async () => {
        const { status, reading, facts } = await stage.node(machine);
        return [
          ['unknown', 'offline'].includes(status.state),
          (reading?.value.memTotalBytes ?? 0) > 0,
          facts?.hostname,
        ];
      };
      await expect.poll(known, SETTLE).toEqual([false, true, machine.host.name]);
    }
  });

  test('the doctor says of each hop how it is, and who may not use Docker is told what would permit it', async () => {
    const check = async ({ nodeId }: Pick<Machine, 'nodeId'>) =>
      (await stage.call('POST', `/api/nodes/${nodeId}/check`)).body as DoctorReport;
    const report = await check(inner);
    const found = report.hops.filter(({ way }) => way === 'ssh').map(({ hop, result }) => `${hop} ${result}`);
    expect(found, JSON.stringify(report)).toEqual(
      expect.arrayContaining(['jump ok', 'host_key ok', 'auth ok', 'docker ok']),
    );
    // Dropbear opens no sockets: the Docker command there does.
    expect((await check(frail)).hops.find(({ hop }) => hop === 'docker')).toMatchObject({
      ...{ result: 'warning', text: expect.stringMatching(/^Docker \d+.*through its command/) },
      advice: expect.stringContaining('AllowStreamLocalForwarding'),
    });
    const { nodeId } = await stage.add(jump.host, { name: 'as guest', sshUser: 'guest' });
    const socket = (await check({ nodeId })).hops.find(({ hop }) => hop === 'docker_socket');
    expect(socket).toMatchObject({ result: 'failed', advice: expect.stringContaining('docker') });
    expect((await stage.call('GET', `/api/nodes/${nodeId}/containers`)).body).toMatchObject({
      items: [],
      problems: [{ code: 'docker_unavailable', message: expect.stringContaining('has to be in the group docker') }],
    });
    await stage.call('DELETE', `/api/nodes/${nodeId}`);
  });

  test('P8, NO-2: a hung host harms only itself: the others answer a fleet command as if it were not there', async () => {
    await frail.host.pause();
    try {
      const run = await stage.run([frail, jump, inner], { kind: 'argv', argv: ['hostname'] }, 4000);
      const outcomes = Object.fromEntries(run.targets.map((target) => [target.nodeName, target]));
      const hung = outcomes[frail.host.name];
      for (const machine of [jump, inner]) {
        const target = outcomes[machine.host.name];
        expect(target).toMatchObject({ outcome: 'exited', exitCode: 0, stdout: `${machine.host.name}\n` });
        expect(Date.parse(target?.endedAt ?? '')).toBeLessThan(Date.parse(hung?.endedAt ?? ''));
      }
      expect(hung?.outcome).toMatch(/^(timed_out|unreachable)$/);
    } finally {
      await frail.host.unpause();
    }
    const ran = async () => (await stage.exec(frail, 'true')).status;
    await expect.poll(ran, SETTLE).toBe(200);
  });

  test('SH-2: a changed host key stops everything there, and nothing elsewhere, until somebody accepts that very key', async () => {
    await frail.host.changeHostKey();
    await frail.host.reboot(); // an open connection knows whom it talks to
    const fingerprint = await frail.host.hostKeyFingerprint();
    const codeOf = async () => ((await stage.exec(frail, 'true')).body as { error?: { code: string } }).error?.code;
    await expect.poll(codeOf, SETTLE).toBe('host_key_changed');
    expect(await wayOf(frail)).toBe('blocked');
    expect((await stage.exec(jump, 'true')).status).toBe(200);
    const decide = (decided: string) =>
      stage.call('POST', `/api/nodes/${frail.nodeId}/host-key`, { fingerprint: decided, decision: 'accept' });
    expect((await decide(`SHA256:${'A'.repeat(43)}`)).status).toBeGreaterThanOrEqual(400);
    expect((await decide(fingerprint)).status).toBe(200);
    expect((await stage.exec(frail, 'true')).status).toBe(200);
  });

  test('a host that is kept connected is there again after a reboot, and so are the ones behind it', async () => {
    await Promise.all([jump, inner].map((machine) => expect.poll(() => wayOf(machine), SETTLE).toBe('up')));
    await jump.host.reboot();
    const ran = async () =>
      (await Promise.all([jump, inner].map((machine) => stage.exec(machine, 'true')))).map(({ status }) => status);
    await expect.poll(ran, SETTLE).toEqual([200, 200]);
    await Promise.all([jump, inner].map((machine) => expect.poll(() => wayOf(machine), SETTLE).toBe('up')));
  });

  test('an agent that SSH has brought goes before SSH, which steps in while it is gone', async () => {
    const install = { mode: 'operate', forget: false };
    const { body } = await stage.call('POST', `/api/nodes/${jump.nodeId}/install-agent`, install);
    const results = (body as { steps: { step: string; result: string }[] }).steps.map(({ result }) => result);
    expect(results, JSON.stringify(body)).toEqual([...Array(6).fill('ok'), 'skipped']);
    // `via` of a node without a link names the best way that it has: in the middle of the reboot, the agent.
    const via = async () => (await stage.node(jump)).ways.find(({ isInUse }) => isInUse)?.way;
    expect(await via()).toBe('agent');
    await jump.host.exec('rc-service', 'serverbox-agent', 'stop');
    await expect.poll(via, SETTLE).toBe('ssh');
    expect((await stage.exec(jump, 'true')).status).toBe(200);
    await jump.host.reboot(); // its service manager starts the agent
    await expect.poll(via, SETTLE).toBe('agent');
    expect(await stage.exec(jump, 'true')).toMatchObject({ status: 200 });
  });

  test('a drawn cable is told as such, and mends by itself', async () => {
    await frail.host.disconnect();
    const codeOf = async () => ((await stage.exec(frail, 'true')).body as { error?: { code: string } }).error?.code;
    await expect.poll(codeOf, SETTLE).toBe('node_unreachable');
    await frail.host.connect();
    await expect.poll(async () => (await stage.exec(frail, 'true')).status, SETTLE).toBe(200);
  });
});
