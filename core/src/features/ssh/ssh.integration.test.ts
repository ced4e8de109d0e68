import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SshServer } from '../../../../lab/sshd.ts';
import { startSshd } from '../../../../lab/sshd.ts';
import type { NodeLink } from '../../lib/link/link.ts';
import { secrets } from '../../schema/secrets.ts';
import { ACTOR, openInstallation } from './testing.ts';

const dir = mkdtempSync(join(tmpdir(), 'serverbox-ssh-'));
const makeKey = (name: string) => {
  const path = join(dir, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  return { path, text: readFileSync(path, 'utf8'), line: readFileSync(`${path}.pub`, 'utf8').trim() };
};
const user = makeKey('user');
let [web, bastion]: SshServer[] = [];
beforeAll(async () => {
  web = await startSshd({ authorizedKeys: [user.line] });
  bastion = await startSshd({ authorizedKeys: [user.line] });
});
afterAll(async () => {
  await Promise.all([web?.stop(), bastion?.stop()]);
  rmSync(dir, { recursive: true });
});
const webServer = (): SshServer => web as SshServer;
const bastionServer = (): SshServer => bastion as SshServer;

describe('first contact', () => {
  test('SH-1 the key is shown, nothing works before a yes, and the yes is for exactly this key', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addNode('web-1');
    expect(box.ssh.wayOf({ id: nodeId })).toBeUndefined();
    const endpoint = await box.connect(nodeId, webServer());
    expect(endpoint.hostKey).toMatchObject({
      state: 'offered',
      offered: { type: 'ssh-ed25519', fingerprint: webServer().hostKeyFingerprint },
    });
    expect(endpoint.problem).toMatchObject({ code: 'host_key_unknown' });
    expect(box.ssh.wayOf({ id: nodeId })).toMatchObject({ state: 'blocked' });
    await expect(box.run(nodeId, 'true')).rejects.toMatchObject({ code: 'host_key_unknown' });

    const decide = (fingerprint: string) => box.ssh.decideHostKey(nodeId, { fingerprint, decision: 'accept' }, ACTOR);
    await expect(decide(`SHA256:${'A'.repeat(43)}`)).rejects.toMatchObject({ code: 'conflict' });
    const accepted = await decide(webServer().hostKeyFingerprint);
    expect(accepted).toMatchObject({ problem: null, hostKey: { state: 'pinned', offered: null } });
    expect(await box.run(nodeId, 'echo', 'in')).toBe('in');
    expect(box.ssh.wayOf({ id: nodeId })).toMatchObject({ state: 'up' });
    expect(box.activity.map(({ kind, actor }) => [kind, actor])).toContainEqual(['node.host_key_accepted', ACTOR]);
  });

  test('a rejected key is not offered again, and the way stays blocked', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addNode('web-1');
    const { hostKey } = await box.connect(nodeId, webServer());
    const fingerprint = hostKey.offered?.fingerprint ?? '';
    await box.ssh.decideHostKey(nodeId, { fingerprint, decision: 'reject' }, ACTOR);
    await delay(1100);
    const again = await box.ssh.probe(nodeId);
    expect(again.hostKey).toMatchObject({ state: 'unseen', offered: null });
    expect(box.ssh.wayOf({ id: nodeId })).toMatchObject({ state: 'blocked' });
    await expect(box.ssh.decideHostKey(nodeId, { fingerprint, decision: 'accept' }, ACTOR)).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});

describe('a host that shows another key', () => {
  test('SH-2 is refused and quarantined with its connections; other nodes go on; both prints await a decision', async () => {
    await using box = await openInstallation();
    const swapped = await startSshd({ authorizedKeys: [user.line] });
    let behind = bastionServer().port;
    const front = createServer((socket) => {
      const inner = connect(behind, '127.0.0.1');
      socket.on('error', () => inner.destroy()).pipe(inner);
      inner.on('error', () => socket.destroy()).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(front, 'listening');
    const { port } = front.address() as AddressInfo;
    const nodeId = await box.addHost('web-1', { ...bastionServer(), privateKey: user.text, port });
    const other = await box.addHost('web-2', webServer());
    const otherLink = box.links.find(other);

    const link = await box.links.reach(nodeId);
    const running = await link.exec(['sleep', '60'], { timeoutMs: 90_000 });
    behind = swapped.port;
    // More than one connection carries: the next one is dialled, and meets the other host.
    const more = Array.from({ length: 9 }, () => box.run(nodeId, 'sleep', '20').catch((error: unknown) => error));
    await expect(running.ended).rejects.toMatchObject({ code: 'host_key_changed' });
    expect(await Promise.all(more)).toEqual(Array(9).fill(expect.objectContaining({ code: 'host_key_changed' })));
    expect(box.links.find(nodeId)).toBeUndefined();
    await expect(box.run(nodeId, 'true')).rejects.toMatchObject({ code: 'host_key_changed' });

    const prints = { pinned: bastionServer().hostKeyFingerprint, offered: swapped.hostKeyFingerprint };
    await expect.poll(() => box.audited.length).toBe(1);
    const { hostKey } = await box.ssh.get(nodeId);
    expect(hostKey).toMatchObject({
      state: 'changed',
      pinned: { fingerprint: prints.pinned },
      offered: { fingerprint: prints.offered },
    });
    expect(box.ssh.wayOf({ id: nodeId })).toMatchObject({ state: 'blocked', text: 'The host key has changed' });
    expect(box.audited).toMatchObject([
      { action: 'node.host_key.changed', actor: 'core', target: `node:${nodeId}`, details: prints },
    ]);
    expect(box.activity.filter(({ kind }) => kind === 'node.host_key_changed')).toHaveLength(1);
    expect(box.changed).toContain(nodeId);
    expect(otherLink).toBe(box.links.find(other));
    expect(await box.run(other, 'echo', 'fine')).toBe('fine');

    // Nothing is sent there until somebody decides, however often somebody tries.
    await swapped.stop();
    front.close();
    await expect(box.run(nodeId, 'true')).rejects.toMatchObject({ code: 'host_key_changed' });
  });

  test('SH-4 a key that the host vouched for takes the place of the old one, and that is told', async () => {
    await using box = await openInstallation();
    const [before, after] = [makeKey('host-before'), makeKey('host-after')];
    const both = await startSshd({ hostKeyPaths: [before.path, after.path], authorizedKeys: [user.line] });
    const nodeId = await box.addHost('web-1', { ...both, privateKey: user.text });
    await box.run(nodeId, 'true');
    await expect
      .poll(async () => {
        const { rows } = await box.database.db.execute(
          sql`select cardinality(learnt_host_keys) as n from ssh_endpoints`,
        );
        return rows[0]?.n;
      })
      .toBe(1);
    box.links.find(nodeId)?.close('the server is restarted'); // sshd waits for its clients
    await both.stop();
    const only = await startSshd({ port: both.port, hostKeyPaths: [after.path], authorizedKeys: [user.line] });
    expect(await box.run(nodeId, 'echo', 'rotated')).toBe('rotated');
    const { hostKey } = await box.ssh.get(nodeId);
    expect(hostKey).toMatchObject({ state: 'pinned', pinned: { fingerprint: only.hostKeyFingerprint } });
    expect(box.audited.map(({ action }) => action)).toContain('node.host_key.rotated');
    box.ssh.stop();
    await only.stop();
  });
});

describe('SH-5 jump hosts', () => {
  test('each hop is verified by its own key, and a hop that is not accepted stops the way there', async () => {
    await using box = await openInstallation();
    const hop = await box.addNode('bastion');
    const waiting = await box.connect(hop, bastionServer());
    expect(waiting.hostKey.state).toBe('offered');
    const nodeId = await box.addNode('inner');
    const blocked = await box.connect(nodeId, webServer(), { jump: [hop] });
    expect(blocked.problem).toMatchObject({ code: 'node_unreachable', message: expect.stringContaining('bastion') });
    expect(blocked.hostKey.state).toBe('unseen');

    await box.accept(hop);
    await delay(1100);
    const seen = await box.ssh.probe(nodeId);
    expect(seen.hostKey.offered?.fingerprint).toBe(webServer().hostKeyFingerprint);
    await box.accept(nodeId);
    // The inner server sees the hop's connection, which comes from the bastion's own process.
    expect(await box.run(nodeId, 'echo', 'through')).toBe('through');
  });

  test('a hop that dies midway ends the node with the right error, and both come back', async () => {
    await using box = await openInstallation();
    const dying = await startSshd({ authorizedKeys: [user.line] });
    const hop = await box.addHost('bastion', { ...dying, privateKey: user.text });
    const nodeId = await box.addHost('inner', webServer(), { jump: [hop] });
    const command = await (await box.links.reach(nodeId)).exec(['sleep', '30'], { timeoutMs: 60_000 });
    box.links.find(hop)?.close('the hop died');
    await dying.stop();
    await expect(command.ended).rejects.toMatchObject({ code: 'node_unreachable' });
    await expect.poll(() => [box.links.find(hop), box.links.find(nodeId)]).toEqual([undefined, undefined]);
    await expect(box.run(nodeId, 'true')).rejects.toMatchObject({
      code: 'node_unreachable',
      message: expect.stringContaining('The way leads through bastion'),
    });
  });

  test('loops and hops without access are refused, and a hop in use cannot be taken away', async () => {
    await using box = await openInstallation();
    const hop = await box.addHost('bastion', bastionServer());
    const nodeId = await box.addHost('inner', webServer(), { jump: [hop] });
    await expect(box.connect(hop, bastionServer(), { jump: [nodeId] })).rejects.toMatchObject({ code: 'bad_request' });
    const bare = await box.addNode('bare');
    await expect(box.connect(nodeId, webServer(), { jump: [bare] })).rejects.toMatchObject({ code: 'bad_request' });
    await expect(box.ssh.remove(hop, ACTOR)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('inner'),
    });
  });
});

describe('an access that changes', () => {
  test('SH-6 the old connection is never used again, whatever of it changes', async () => {
    await using box = await openInstallation();
    const hop = await box.addHost('bastion', bastionServer());
    const nodeId = await box.addHost('web-1', webServer());
    const linkOf = async (): Promise<NodeLink> => {
      await box.run(nodeId, 'true');
      return box.links.get(nodeId);
    };
    const auth = { kind: 'key' as const, privateKey: user.text };
    const changes: (() => Promise<unknown>)[] = [
      () => box.connect(nodeId, webServer(), { auth }),
      () => box.connect(nodeId, webServer(), { auth, jump: [hop] }),
      () => box.ssh.setOptions(nodeId, { allowsWeakAlgorithms: true }),
    ];
    for (const change of changes) {
      const before = await linkOf();
      await change();
      expect(before.closed.aborted).toBe(true);
      await expect(before.exec(['true'], { timeoutMs: 1000 })).rejects.toThrow('access of the node was changed');
      expect(await linkOf()).not.toBe(before);
    }
  });

  test('SH-6 another user, with the same credential, gets nothing of the first one’s connection', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addHost('web-1', webServer());
    const before = await box.links.reach(nodeId);
    await box.ssh.put(nodeId, { host: '127.0.0.1', port: webServer().port, sshUser: 'nobody', jump: [] }, ACTOR);
    await expect(before.exec(['true'], { timeoutMs: 1000 })).rejects.toThrow('access of the node was changed');
    expect(await box.links.reach(nodeId).catch(() => undefined)).not.toBe(before);
  });

  test('SH-16 a command that runs while the credential is taken away ends by itself', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addHost('web-1', webServer());
    const link = await box.links.reach(nodeId);
    const command = await link.exec(['sh', '-c', 'sleep 0.5; exit 7'], { timeoutMs: 9000 });
    command.stdout.resume();
    command.stderr.resume();
    await box.ssh.remove(nodeId, ACTOR);
    expect(await command.ended).toEqual({ kind: 'exit', code: 7 });
    await expect(box.ssh.get(nodeId)).rejects.toMatchObject({ code: 'not_found' });
    expect(await box.database.db.select().from(secrets)).toEqual([]);
  });

  test('SH-14 a host that refuses the key is a typed problem, and a better key mends it', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addNode('web-1');
    await box.connect(nodeId, webServer(), { auth: { kind: 'generated' } });
    const refused = await box.accept(nodeId);
    expect(refused.problem).toMatchObject({ code: 'ssh_auth_failed' });
    expect(refused.auth.authorizeCommand).toContain('authorized_keys');
    const way = box.ssh.wayOf({ id: nodeId });
    expect(way).toMatchObject({ state: 'down' });
    const again = await box.ssh.probe(nodeId);
    expect(Date.parse(again.problem?.at ?? '')).toBeGreaterThan(Date.parse(refused.problem?.at ?? ''));
    expect(box.ssh.wayOf({ id: nodeId })?.since).toBe(way?.since);
    expect(await box.connect(nodeId, webServer())).toMatchObject({ problem: null, auth: { kind: 'key', version: 2 } });
  });

  test('SE-2 SE-10 SE-1 a credential is sealed for its node alone, and never shown, told or logged', async () => {
    await using box = await openInstallation();
    const [one, two] = [await box.addHost('web-1', webServer()), await box.addHost('web-2', bastionServer())];
    await box.database.db.execute(sql`
      update secrets set sealed = other.sealed from secrets other
      where secrets.purpose = 'ssh_credential' and other.row_ref = ${one} and secrets.row_ref = ${two}`);
    box.links.find(two)?.close('to be dialled again');
    await expect(box.run(two, 'true')).rejects.toMatchObject({ code: 'internal' });
    const canary = webServer().privateKey.split('\n')[2] ?? 'none';
    const told = JSON.stringify([await box.ssh.get(one), box.logged, box.activity, box.audited]);
    expect(canary.length).toBeGreaterThan(40);
    expect(told).not.toContain(canary);
  });
});

describe('presence', () => {
  test('SH-8 100 first calls at the same time share one dial', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addHost('web-1', webServer());
    box.links.find(nodeId)?.close('to be dialled again');
    const before = connectionsTo(webServer().port);
    const all = await Promise.all(Array.from({ length: 100 }, () => box.links.reach(nodeId)));
    expect(new Set(all).size).toBe(1);
    expect(connectionsTo(webServer().port) - before).toBeLessThanOrEqual(1);
  });

  test('nobody looks, nothing is connected; a look connects, and a lost connection comes back', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addHost('web-1', webServer());
    box.links.find(nodeId)?.close('nobody looks');
    await delay(300);
    expect(box.links.find(nodeId)).toBeUndefined();
    expect(box.ssh.wayOf({ id: nodeId })).toMatchObject({ state: 'asleep' });
    const end = box.ssh.demand('fleet');
    await expect.poll(() => box.links.find(nodeId)).toBeDefined();
    box.links.find(nodeId)?.close('a cut cable');
    await expect.poll(() => box.links.find(nodeId), { timeout: 5000 }).toBeDefined();
    end();
    box.links.find(nodeId)?.close('nobody looks');
    await delay(1500);
    expect(box.links.find(nodeId)).toBeUndefined();
    await box.ssh.setOptions(nodeId, { presence: 'always' });
    await expect.poll(() => box.links.find(nodeId)).toBeDefined();
  });

  test('while its agent is connected SSH is let go; when it is lost SSH takes over, and the story says so', async () => {
    await using box = await openInstallation();
    const nodeId = await box.addHost('web-1', webServer());
    const lost = new AbortController();
    const agent = { ...box.links.get(nodeId), via: 'agent' as const, closed: lost.signal, close: () => lost.abort() };
    box.links.add(nodeId, agent);
    box.links.findVia(nodeId, 'ssh')?.close('idle');
    const end = box.ssh.demand(nodeId);
    await delay(500);
    expect(box.links.findVia(nodeId, 'ssh')).toBeUndefined();
    lost.abort(new Error('the machine was unplugged'));
    await expect.poll(() => box.links.findVia(nodeId, 'ssh'), { timeout: 5000 }).toBeDefined();
    expect(box.activity.map(({ text }) => text)).toContain('Reached by SSH now: the agent is not connected');
    end();
  });
});

/** Established connections from here to a port on loopback. */
const connectionsTo = (port: number): number => {
  const wanted = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  return rows.filter(([, , remote, state]) => remote === wanted && state === '01').length;
};
