/** Agents that ask over HTTP: who they are, that samples count once, and that a job is theirs alone. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { MAX_HEARTBEAT_BYTES } from '@serverbox/contract/poll';
import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { nodeCredentials } from '../../schema/nodes.ts';
import { FACTS, hostValues } from '../metrics/testing.ts';
import { argv } from '../runs/testing.ts';
import type { PollInstallation } from './testing.ts';
import { openPoll } from './testing.ts';

const ask = async (
  { url }: PollInstallation,
  path: string,
  { token, body, headers }: { token?: string; body?: unknown; headers?: Record<string, string> },
) => {
  const response = await fetch(`${url}${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const epoch = randomBytes(16).toString('hex');
const aHeartbeat = (seqs: readonly number[], more: Record<string, unknown> = {}) => ({
  hello: { type: 'hello', protocol: 1, epoch, now: Date.now(), services: ['metrics', 'exec'], facts: FACTS },
  samples: seqs.map((seq) => ({
    type: 'host',
    seq,
    at: Date.now() - 1000 + seq,
    values: hostValues({ cpuRatio: 0.5 }),
  })),
  detail: null,
  ...more,
});
const countSamples = async ({ database }: PollInstallation): Promise<number> => {
  const { rows } = await database.db.execute<{ count: number }>(sql`SELECT count(*)::int AS count FROM metric_hot`);
  return rows[0]?.count ?? 0;
};

test('samples are durable when the heartbeat is answered, and one that comes again is not stored again', async () => {
  await using open = await openPoll();
  const { nodeId, token } = await open.addAgent('far');
  const send = async (seqs: number[]) => ask(open, '/api/nodes/heartbeat', { token, body: aHeartbeat(seqs) });
  expect(open.poll.wayOf({ id: nodeId })).toBeUndefined();
  expect(await send([])).toEqual({ status: 200, body: { lastSeq: 0, everyMs: 5000 } });
  expect(await send([1, 2, 3])).toEqual({ status: 200, body: { lastSeq: 3, everyMs: 5000 } });
  expect(await countSamples(open)).toBe(3);
  expect(await send([2, 3, 4])).toEqual({ status: 200, body: { lastSeq: 4, everyMs: 5000 } });
  expect(await send([2, 3])).toEqual({ status: 200, body: { lastSeq: 4, everyMs: 5000 } });
  expect(await countSamples(open)).toBe(4);
  expect(open.metrics.latestReading(nodeId)?.values).toHaveLength(hostValues({}).length);
  expect(open.poll.wayOf({ id: nodeId })).toMatchObject({ way: 'poll', state: 'up' });
  const unwatch = open.metrics.watch(nodeId);
  expect((await send([])).body).toEqual({ lastSeq: 4, everyMs: 1000 });
  unwatch();
});

test('AG-1 AG-7 only a credential in the header opens the door, and nothing but a heartbeat goes through', async () => {
  await using open = await openPoll();
  const { nodeId, token } = await open.addAgent('far');
  const other = await open.addAgent('other');
  const body = aHeartbeat([1]);
  const path = '/api/nodes/heartbeat';
  const statusOf = async (where: string, options: Parameters<typeof ask>[2]) =>
    (await ask(open, where, options)).status;
  expect(await statusOf(path, { body })).toBe(401);
  expect(await statusOf(`${path}?token=${token}`, { body })).toBe(401);
  expect(await statusOf('/api/jobs/pending', {})).toBe(401);
  expect(await statusOf(path, { body: { ...body, token } })).toBe(401);
  const { nodeId: otherId } = other;
  expect(await statusOf(`${path}?nodeId=${otherId}`, { token, body })).toBe(403);
  expect(await statusOf(`/api/jobs/pending?nodeId=${otherId}`, { token })).toBe(403);
  expect(await statusOf(path, { token, body, headers: { 'x-node-id': otherId } })).toBe(403);
  expect(await statusOf(path, { token, body: { ...body, nodeId: otherId } })).toBe(403);
  expect(open.named).toEqual(Array.from({ length: 4 }, () => `${nodeId} ${otherId}`));
  expect(await statusOf(path, { token, body: { ...body, extra: 1 } })).toBe(400);
  expect(await statusOf(path, { token, body: `{"hello":${' '.repeat(MAX_HEARTBEAT_BYTES)}` })).toBe(413);
  expect(
    await statusOf(path, { token, body: aHeartbeat([], { samples: Array.from({ length: 2001 }, () => 1) }) }),
  ).toBe(400);
  const speaksOther = { ...body.hello, protocol: 2 };
  expect(await statusOf(path, { token, body: { ...body, hello: speaksOther } })).toBe(400);
  expect(await countSamples(open)).toBe(0);
  await open.database.db
    .update(nodeCredentials)
    .set({ revokedAt: sql`now()` })
    .where(eq(nodeCredentials.nodeId, nodeId));
  expect(await statusOf(path, { token, body })).toBe(401);
});

test('AG-5 of two machines with one identity that ask by long-poll, one stays and the node is flagged', async () => {
  await using open = await openPoll();
  const { token } = await open.addAgent('far');
  let seq = 0;
  const send = async (bootedAt: number) => {
    seq += 1;
    const body = aHeartbeat([seq]);
    const hello = { ...body.hello, facts: { ...FACTS, bootedAt } };
    const { status, body: answer } = await ask(open, '/api/nodes/heartbeat', { token, body: { ...body, hello } });
    return status === 200 ? 'taken' : (answer.error as { code: string }).code;
  };
  const [original, copy] = [FACTS.bootedAt, FACTS.bootedAt + 3_600_000];
  const answers = [];
  for (let turn = 0; turn < 4; turn += 1) answers.push([await send(original), await send(copy)]);
  expect(answers.slice(2)).toEqual([
    ['taken', 'conflict'],
    ['taken', 'conflict'],
  ]);
  expect(open.conflicts).toEqual(['far from 127.0.0.1', 'far from 127.0.0.1']);
});

test('a question is held until there is a job, and one job is answered to one question', async () => {
  await using open = await openPoll();
  const { nodeId, token } = await open.addAgent('far');
  const pending = () => ask(open, '/api/jobs/pending', { token });
  const older = pending();
  await delay(300);
  const newer = pending();
  expect((await older).body).toEqual({ job: null, cancel: [] });
  const startedMs = performance.now();
  const run = await open.start([nodeId], argv('echo', 'hello'));
  const { job } = (await newer).body as { job: { jobId: string; attempt: number; argv: string[] } };
  expect(performance.now() - startedMs).toBeLessThan(2000);
  expect(job).toMatchObject({ attempt: 1, argv: ['echo', 'hello'] });
  const report = {
    attempt: 1,
    chunks: [{ stream: 'stdout', offset: 0, text: Buffer.from('hello\n').toString('base64') }],
  };
  const yes = { status: 200, body: { accepted: true, cancel: false } };
  expect(await ask(open, `/api/jobs/${job.jobId}/output`, { token, body: report })).toEqual(yes);
  expect(await ask(open, `/api/jobs/${job.jobId}/output`, { token, body: report })).toEqual(yes);
  const ended = { attempt: 1, outcome: 'exited', exitCode: 0, signal: null };
  expect(await ask(open, `/api/jobs/${job.jobId}/complete`, { token, body: ended })).toEqual(yes);
  expect(await ask(open, `/api/jobs/${job.jobId}/complete`, { token, body: ended })).toEqual(yes);
  const { targets } = await open.untilEnded(run.id);
  expect(targets[0]).toMatchObject({ outcome: 'exited', exitCode: 0, stdout: 'hello\n' });
});

test('AG-2 what belongs to another node is not there for this one', async () => {
  await using open = await openPoll();
  const far = await open.addAgent('far');
  const other = await open.addAgent('other');
  const run = await open.start([far.nodeId], argv('true'));
  const { job } = (await ask(open, '/api/jobs/pending', far)).body as { job: { jobId: string } };
  const ended = { attempt: 1, outcome: 'exited', exitCode: 0, signal: null };
  for (const { path, body } of [
    { path: 'output', body: { attempt: 1, chunks: [] } },
    { path: 'complete', body: ended },
  ]) {
    const asOther = await ask(open, `/api/jobs/${job.jobId}/${path}`, { token: other.token, body });
    expect(asOther).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    const late = await ask(open, `/api/jobs/${job.jobId}/${path}`, { token: far.token, body: { ...body, attempt: 7 } });
    expect(late).toEqual({ status: 200, body: { accepted: false, cancel: true } });
    const clash = { ...body, jobId: job.jobId };
    expect((await ask(open, `/api/jobs/${job.jobId}/${path}`, { token: far.token, body: clash })).status).toBe(400);
  }
  expect((await open.runs.get(run.id)).targets[0]).toMatchObject({ outcome: 'running' });
});

test('AG-4 a credential that is revoked while its question is held gets no job any more', async () => {
  await using open = await openPoll();
  const { nodeId, token } = await open.addAgent('far');
  const held = ask(open, '/api/jobs/pending', { token });
  await delay(300);
  await open.database.db
    .update(nodeCredentials)
    .set({ revokedAt: sql`now()` })
    .where(eq(nodeCredentials.nodeId, nodeId));
  open.bus.publish('node.changed', { nodeId });
  expect((await held).status).toBe(401);
});
