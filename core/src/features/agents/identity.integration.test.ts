/** One machine, one node: enrolling again, copies of a machine, and agents of another version. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeId } from '@serverbox/contract/ids';
import { WIRE_PROTOCOL } from '@serverbox/contract/wire';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { fakeClock } from '../../lib/clock.ts';
import { newId } from '../../lib/ids.ts';
import { generatePrivateKey, openClientKey } from '../../lib/link/ssh-keys.ts';
import { nodeCredentials, nodes } from '../../schema/nodes.ts';
import { createConflicts } from './conflicts.ts';
import type { Installation } from './testing.ts';
import { FACTS, openInstallation } from './testing.ts';

let installation: Installation;
beforeEach(async () => {
  installation = await openInstallation();
});
afterEach(() => installation.close());

const aKey = () => openClientKey(generatePrivateKey()).publicKey.line;
const issue = async (options: { nodeName?: string; forNodeId?: NodeId } = {}) => {
  const { token } = await installation.agents.issueToken({ nodeName: 'db-1', isLocal: false, ...options });
  return token.reveal();
};
const enrol = async (body: { token: string; hostPublicKey: string; previousHostPublicKey?: string }) => {
  const response = await fetch(`${installation.url}/api/agent/enroll`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, facts: FACTS }),
  });
  const reply = (await response.json()) as { nodeId: NodeId; credential: string; error?: { message: string } };
  return { status: response.status, ...reply };
};
const dial = (credential: string, headers: Record<string, string> = {}) =>
  new Promise<number>((resolve) => {
    const url = `${installation.url.replace('http', 'ws')}/api/agent/link`;
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${credential}`, ...headers } });
    socket.on('error', () => undefined);
    socket.once('open', () => {
      socket.close();
      resolve(101);
    });
    socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0));
  });
const rowOf = async (nodeId: NodeId) => {
  const [row] = await installation.database.db.select().from(nodes).where(eq(nodes.id, nodeId));
  return row;
};

describe('enrolling again', () => {
  test('AG-4 a token for a node replaces its identity: the older link ends, its credential holds no longer', async () => {
    installation.startLocal();
    const nodeId = await installation.untilLinked();
    const { closed } = installation.links.get(nodeId);
    const state = await readFile(join(installation.programOf('agent').stateDir, 'identity.json'), 'utf8');
    const { credential } = JSON.parse(state) as { credential: string };
    const previousHostPublicKey = (await rowOf(nodeId))?.hostPublicKey ?? '';
    const hostPublicKey = aKey();
    const token = await issue({ forNodeId: nodeId });
    const reply = await enrol({ token, hostPublicKey, previousHostPublicKey });
    expect(reply).toMatchObject({ status: 200, nodeId });
    await expect.poll(() => closed.aborted, { timeout: 5000 }).toBe(true);
    expect(await dial(credential)).toBe(401);
    expect(await dial(reply.credential)).toBe(101);
    expect((await rowOf(nodeId))?.hostPublicKey).toBe(hostPublicKey);
    expect((await enrol({ token, hostPublicKey: aKey() })).status).toBe(401);
  });

  test('a machine that is another node already does not take the place of a second one', async () => {
    const hostPublicKey = aKey();
    const other = await enrol({ token: await issue({ nodeName: 'other' }), hostPublicKey });
    const meant = await enrol({ token: await issue({ nodeName: 'meant' }), hostPublicKey: aKey() });
    const token = await issue({ forNodeId: meant.nodeId });
    const reply = await enrol({ token, hostPublicKey: aKey(), previousHostPublicKey: hostPublicKey });
    expect(reply).toMatchObject({ status: 409, error: { message: expect.stringContaining('as the node other') } });
    expect(await dial(other.credential)).toBe(101);
    expect((await enrol({ token, hostPublicKey: aKey() })).status).toBe(200); // the token was not spent
  });

  test('a node that was removed takes its tokens with it', async () => {
    const { nodeId } = await enrol({ token: await issue(), hostPublicKey: aKey() });
    const token = await issue({ forNodeId: nodeId });
    await installation.database.db.delete(nodes).where(eq(nodes.id, nodeId));
    expect((await enrol({ token, hostPublicKey: aKey() })).status).toBe(401);
  });
});

describe('a copy of a machine', () => {
  test('AG-5 is told so, and becomes a node of its own once the conflict is known', async () => {
    const original = aKey();
    const { nodeId, credential } = await enrol({ token: await issue(), hostPublicKey: original });
    const token = await issue();
    const copy = { token, hostPublicKey: aKey(), previousHostPublicKey: original };
    const refused = await enrol(copy);
    expect(refused).toMatchObject({ status: 409, error: { message: expect.stringContaining('--new-identity') } });
    await installation.database.db.update(nodes).set({ conflict: 'Two machines' }).where(eq(nodes.id, nodeId));
    const reply = await enrol(copy);
    expect(reply.status).toBe(200);
    expect(reply.nodeId).not.toBe(nodeId);
    expect((await rowOf(nodeId))?.conflict).toBeNull();
    expect(await dial(credential)).toBe(101);
  });

  test('AG-5 that has stayed away for a quarter of an hour is forgotten', async () => {
    const { database, audit, recordActivity, log } = installation;
    const clock = fakeClock(new Date('2026-01-01T00:00:00Z'));
    const told: string[] = [];
    const bus = { publish: () => undefined, subscribe: () => () => undefined };
    const conflicts = createConflicts({
      db: database.db,
      audit,
      bus: bus as never,
      clock,
      log,
      recordActivity: async (nodeId, entry) => {
        told.push(entry.text);
        await recordActivity(nodeId, entry);
      },
    });
    const { nodeId } = await enrol({ token: await issue(), hostPublicKey: aKey() });
    await conflicts.note({ id: nodeId, name: 'db-1' }, '10.0.0.9');
    await conflicts.note({ id: nodeId, name: 'db-1' }, '10.0.0.9');
    expect(told).toHaveLength(1);
    clock.advance(14 * 60_000);
    await conflicts.sweep();
    expect((await rowOf(nodeId))?.conflict).not.toBeNull();
    clock.advance(60_000);
    await conflicts.sweep();
    expect((await rowOf(nodeId))?.conflict).toBeNull();
    expect(told).toHaveLength(2);
    conflicts.stop();
  });
});

describe('admission', () => {
  test.each([
    ['older', `${WIRE_PROTOCOL - 1}`, 'Upgrade the agent'],
    ['newer', `${WIRE_PROTOCOL + 1}`, 'Upgrade Server Box'],
    ['of no version', 'x'.repeat(500), 'Upgrade Server Box'],
  ])('AG-13 an agent that is %s is refused with the reason, and the node shows it', async (_, protocol, remedy) => {
    const hostPublicKey = aKey();
    const { nodeId, credential } = await enrol({ token: await issue(), hostPublicKey });
    expect(await dial(credential, { 'agent-protocol': protocol })).toBe(409);
    const way = installation.agents.wayOf({ id: nodeId, hostPublicKey });
    expect(way).toMatchObject({ state: 'blocked', text: expect.stringContaining(remedy) });
    expect(way?.text.length).toBeLessThan(200);
    expect(await dial(credential, { 'agent-protocol': `${WIRE_PROTOCOL}` })).toBe(101);
  });

  test('AG-1 a credential of another kind opens no link', async () => {
    const { credential } = await enrol({ token: await issue(), hostPublicKey: aKey() });
    await installation.database.db.update(nodeCredentials).set({ kind: 'push' });
    expect(await dial(credential)).toBe(401);
  });

  test('a node whose agent is forgotten has none', async () => {
    installation.startLocal();
    const nodeId = await installation.untilLinked();
    await installation.agents.forget(nodeId);
    expect(await rowOf(nodeId)).toMatchObject({ hostPublicKey: null, services: [] });
    expect(installation.agents.wayOf({ id: newId<NodeId>(), hostPublicKey: null })).toBeUndefined();
  });
});
