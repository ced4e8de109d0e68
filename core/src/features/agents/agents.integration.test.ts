/** Enrolment, link and revocation with the real agent, over the real HTTP surface, on a real database. */
import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ChallengeReply, challengeText } from '@serverbox/contract/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { collectOutput } from '../../lib/link/collect-output.ts';
import { generatePrivateKey, openClientKey, parsePublicKey } from '../../lib/link/ssh-keys.ts';
import { nodeCredentials, nodes } from '../../schema/nodes.ts';
import type { Installation } from './testing.ts';
import { FACTS, openInstallation } from './testing.ts';

let installation: Installation;
beforeEach(async () => {
  installation = await openInstallation();
});
afterEach(() => installation.close());

const Reply = z.object({
  nodeId: z.string().default(''),
  credential: z.string().default(''),
  error: z.object({ message: z.string() }).optional(),
});

const aHostKey = () => openClientKey(generatePrivateKey());
const post = async (body: unknown) => {
  const response = await fetch(`${installation.url}/api/agent/enroll`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: Reply.parse(await response.json()) };
};
const issue = async (nodeName = 'db-1') =>
  (await installation.agents.issueToken({ nodeName, isLocal: false })).token.reveal();

/** Dials the link by hand; resolves with the HTTP status of the refusal, or 101. */
const dial = (headers: Record<string, string>, path = '/api/agent/link') =>
  new Promise<{ status: number; socket: WebSocket }>((resolve) => {
    const socket = new WebSocket(`${installation.url.replace('http', 'ws')}${path}`, { headers });
    socket.on('error', () => undefined);
    socket.once('open', () => resolve({ status: 101, socket }));
    socket.once('unexpected-response', (_request, response) => resolve({ status: response.statusCode ?? 0, socket }));
  });

describe('challenge', () => {
  test('AG-10 the core proves its key over the nonce, and signs nothing but a nonce', async () => {
    const nonce = randomBytes(32).toString('hex');
    const response = await fetch(`${installation.url}/api/agent/challenge?nonce=${nonce}`);
    const { publicKey, signature } = ChallengeReply.parse(await response.json());
    const key = parsePublicKey(publicKey);
    expect(key.fingerprint).toBe(installation.agents.coreKeyFingerprint);
    const x = key.blob.subarray(-32).toString('base64url');
    const verifier = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect(verify(null, Buffer.from(challengeText(nonce)), verifier, Buffer.from(signature, 'base64'))).toBe(true);
    for (const bad of ['', 'abc', nonce.toUpperCase(), `${nonce}0`, `${nonce}%0a`]) {
      expect((await fetch(`${installation.url}/api/agent/challenge?nonce=${bad}`)).status).toBe(400);
    }
  });

  test('the key is the same after a restart, and stored sealed only', async () => {
    const { rows } = await installation.database.withClient((client) => client.query('select * from secrets'));
    expect(rows).toHaveLength(1);
    expect((rows[0] as { sealed: Buffer }).sealed.includes('OPENSSH')).toBe(false);
  });
});

describe('enrolment', () => {
  test('AG-3 one token, used twenty times at once, makes one node', async () => {
    const token = await issue();
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => post({ token, hostPublicKey: aHostKey().publicKey.line, facts: FACTS })),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 401)).toHaveLength(19);
    expect(await installation.database.db.select().from(nodes)).toHaveLength(1);
    expect(await installation.database.db.select().from(nodeCredentials)).toHaveLength(1);
    const outcomes = installation.auditLines.filter(({ phase }) => phase === 'ok');
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]).toMatchObject({ action: 'node.enroll', actor: expect.stringMatching(/^enroll:\w{8}$/) });
  });

  test('AG-3 an expired, an unknown and a changed token are refused alike, and none is audited as an effect', async () => {
    const token = await issue();
    const changed = `${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`;
    const hostPublicKey = aHostKey().publicKey.line;
    const messages = new Set<string>();
    const refuse = async (bad: string) => {
      const { status, body } = await post({ token: bad, hostPublicKey, facts: FACTS });
      expect(status).toBe(401);
      messages.add(body.error?.message ?? '');
    };
    for (const bad of [changed, 'sbe_AAAAAAAA', '', token.replace('sbe_', 'sbn_')]) await refuse(bad);
    await installation.database.withClient((client) =>
      client.query("update enroll_tokens set expires_at = now() - interval '1 second'"),
    );
    await refuse(token);
    expect(messages.size).toBe(1);
    expect(installation.auditLines).toEqual([]);
    expect(await installation.database.db.select().from(nodes)).toEqual([]);
  });

  test('guessing tokens is slowed down', async () => {
    const attempt = () => post({ token: 'sbe_guess', hostPublicKey: aHostKey().publicKey.line, facts: FACTS });
    for (let i = 0; i < 20; i += 1) expect((await attempt()).status).toBe(401);
    expect((await attempt()).status).toBe(429);
  });

  test('a machine that is a node already cannot become a second one, and its token is not spent', async () => {
    const hostPublicKey = aHostKey().publicKey.line;
    expect((await post({ token: await issue(), hostPublicKey, facts: FACTS })).status).toBe(200);
    const token = await issue();
    expect((await post({ token, hostPublicKey, facts: FACTS })).status).toBe(409);
    expect((await post({ token, hostPublicKey: aHostKey().publicKey.line, facts: FACTS })).status).toBe(200);
    const names = (await installation.database.db.select().from(nodes)).map(({ name }) => name);
    expect(names.sort()).toEqual(['db-1', 'db-1 2']);
  });

  test('AG-7 a key of another kind, an oversized body and facts of the wrong shape are refused', async () => {
    const token = await issue();
    const hostPublicKey = aHostKey().publicKey.line;
    expect((await post({ token, hostPublicKey: 'ssh-rsa AAAA', facts: FACTS })).status).toBe(400);
    expect((await post({ token, hostPublicKey, facts: { ...FACTS, cpuCores: -1 } })).status).toBe(400);
    expect((await post({ token, hostPublicKey, facts: FACTS, nodeId: 'x' })).status).toBe(400);
    expect((await post({ token, hostPublicKey, facts: { ...FACTS, os: 'x'.repeat(2_000_000) } })).status).toBe(413);
    expect((await post({ token, hostPublicKey, facts: FACTS })).status).toBe(200);
  });
});

describe('the local agent', () => {
  test('enrols itself, links, says which services its owner permits, and runs a command', async () => {
    installation.startLocal();
    const nodeId = await installation.untilLinked();
    const link = installation.links.get(nodeId);
    expect(link.services).toEqual(['metrics', 'docker:write', 'exec', 'terminal']);
    const command = await link.exec(['uname', '-s'], { timeoutMs: 5000 });
    expect((await collectOutput(command, { maxBytes: 1000 })).stdout).toBe('Linux\n');
    const [row] = await installation.database.db.select().from(nodes);
    expect(row).toMatchObject({ id: nodeId, name: 'web-1', isLocal: true });
    expect(installation.activity.map(({ kind }) => kind)).toEqual(['node.enrolled', 'node.linked']);
  });

  test('starts again with the same identity at another port, without a second enrolment', async () => {
    const first = installation.startLocal();
    const nodeId = await installation.untilLinked();
    await first.stop();
    await expect.poll(() => installation.links.list()).toEqual([]);
    const path = join(installation.programOf('agent').stateDir, 'agent.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, coreUrl: 'http://127.0.0.1:1' }));
    installation.startLocal();
    expect(await installation.untilLinked()).toBe(nodeId);
    expect(installation.activity.filter(({ kind }) => kind === 'node.enrolled')).toHaveLength(1);
  });

  test('whose state was wiped comes back as the same node, and its old credential no longer holds', async () => {
    const first = installation.startLocal();
    const nodeId = await installation.untilLinked();
    const { stateDir } = installation.programOf('agent');
    const identity = JSON.parse(await readFile(join(stateDir, 'identity.json'), 'utf8')) as { credential: string };
    await first.stop();
    await expect.poll(() => installation.links.list()).toEqual([]);
    await rm(stateDir, { recursive: true });
    installation.startLocal();
    expect(await installation.untilLinked()).toBe(nodeId);
    expect(await installation.database.db.select().from(nodes)).toHaveLength(1);
    expect((await dial({ authorization: `Bearer ${identity.credential}` })).status).toBe(401);
  });

  test('that is killed is started again, with its log lines in ours', async () => {
    installation.startLocal();
    const nodeId = await installation.untilLinked();
    const link = installation.links.get(nodeId);
    // The agent's own child: its parent is the agent.
    const command = await link.exec(['sh', '-c', 'kill -KILL $PPID'], { timeoutMs: 5000 });
    await expect(collectOutput(command, { maxBytes: 100 })).rejects.toMatchObject({ code: 'node_unreachable' });
    await expect.poll(() => installation.links.find(nodeId), { timeout: 10_000 }).not.toBe(link);
    expect(await installation.untilLinked()).toBe(nodeId);
    expect(installation.logged.some((line) => line.includes('"local agent ended"') && line.includes('SIGKILL'))).toBe(
      true,
    );
    expect(installation.logged.some((line) => line.includes('"agent":"local"') && line.includes('"msg":"'))).toBe(true);
  });

  test('that is missing is told once, and stopping still works', async () => {
    const agent = installation.startLocal({ path: '/nonexistent/serverbox-agent' });
    await expect
      .poll(() => installation.logged.filter((line) => line.includes('local agent is not available')).length)
      .toBe(1);
    await agent.stop();
  });

  test('ends within 3 s when it is stopped, and leaves no process', async () => {
    const agent = installation.startLocal();
    const nodeId = await installation.untilLinked();
    const running = await installation.links.get(nodeId).exec(['sh', '-c', 'echo $PPID'], { timeoutMs: 5000 });
    const pid = Number((await collectOutput(running, { maxBytes: 100 })).stdout);
    const startedAt = performance.now();
    await agent.stop();
    expect(performance.now() - startedAt).toBeLessThan(3500);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

describe('the link', () => {
  test('AG-1 what a request says about nodes is not looked at: the credential alone decides', async () => {
    const [mine, theirs] = [aHostKey(), aHostKey()];
    const a = await post({ token: await issue('a'), hostPublicKey: mine.publicKey.line, facts: FACTS });
    const b = await post({ token: await issue('b'), hostPublicKey: theirs.publicKey.line, facts: FACTS });
    const nodeB = b.body.nodeId;
    const { credential } = a.body;
    const headers = { authorization: `Bearer ${credential}`, 'x-node-id': nodeB };
    const { status, socket } = await dial(headers, `/api/agent/link?nodeId=${nodeB}`);
    expect(status).toBe(101);
    // It does not hold A's host key either: nothing is linked, least of all B.
    socket.send(Buffer.from('SSH-2.0-impostor\r\n'));
    socket.close();
    const refusal = () => installation.logged.find((line) => line.includes('agent was not linked'));
    await expect.poll(refusal).toContain(a.body.nodeId);
    expect(installation.logged.join('\n')).not.toContain(nodeB);
    expect(installation.links.list()).toEqual([]);
  });

  test('without a credential, with a wrong one or an enrolment token there is no upgrade', async () => {
    expect((await dial({})).status).toBe(401);
    expect((await dial({ authorization: `Bearer ${await issue()}` })).status).toBe(401);
    expect((await dial({ authorization: `Bearer sbn_${'A'.repeat(51)}` })).status).toBe(401);
    expect((await dial({ authorization: 'Basic QTpC' })).status).toBe(401);
  });

  test('AG-5 two machines with one identity are noticed, and only one of them stays', async () => {
    const first = installation.startLocal();
    const nodeId = await installation.untilLinked();
    await first.stop();
    const original = installation.programOf('agent').stateDir;
    await cp(original, installation.programOf('clone').stateDir, { recursive: true });
    installation.startLocal();
    installation.startLocal({ name: 'clone' });
    const noticed = () =>
      installation.logged.some((line) => line.includes('two machines use the identity of one node'));
    await expect.poll(noticed, { timeout: 40_000, interval: 200 }).toBe(true);
    const refused = () => installation.logged.some((line) => line.includes('Two machines use the identity'));
    await expect.poll(refused, { timeout: 20_000, interval: 200 }).toBe(true);
    const link = installation.links.get(nodeId);
    await delay(3000);
    expect(installation.links.get(nodeId)).toBe(link);
    const [row] = await installation.database.db.select().from(nodes);
    expect(row?.conflict).toContain('one is a copy of the other');
    const flagged = installation.auditLines.filter(({ action }) => action === 'node.conflict');
    expect(flagged).toMatchObject([
      { phase: 'intent', actor: 'core', target: `node:${nodeId}` },
      { phase: 'ok', actor: 'core' },
    ]);
    expect(installation.activity.filter(({ kind }) => kind === 'node.conflict')).toHaveLength(1);
  });

  test('AG-4 a revoked node is cut off within 5 s, and its agent gets 401', async () => {
    installation.startLocal();
    const nodeId = await installation.untilLinked();
    const { closed } = installation.links.get(nodeId);
    await installation.agents.revoke(nodeId);
    await expect.poll(() => closed.aborted, { timeout: 5000 }).toBe(true);
    const identity = await readFile(join(installation.programOf('agent').stateDir, 'identity.json'), 'utf8');
    const { credential } = JSON.parse(identity) as { credential: string };
    expect((await dial({ authorization: `Bearer ${credential}` })).status).toBe(401);
  });

  test('AG-4 a revocation whose message was lost is found by the sweep', async () => {
    installation.startLocal();
    const nodeId = await installation.untilLinked();
    const { closed } = installation.links.get(nodeId);
    await installation.database.withClient((client) => client.query('update node_credentials set revoked_at = now()'));
    await expect.poll(() => closed.aborted, { timeout: 5000 }).toBe(true);
  });
});
