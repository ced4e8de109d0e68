import type { NodeId } from '@serverbox/contract/ids';
import { MAX_RUN_OUTPUT_BYTES, RUN_PREVIEW_BYTES } from '@serverbox/contract/runs';
import { sql } from 'drizzle-orm';
import { expect, test, vi } from 'vitest';
import { listFamily, pause, resume } from '../../../../lab/faults/processes.ts';
import { newId } from '../../lib/ids.ts';
import type { NodeLink } from '../../lib/link/link.ts';
import { openLabLink } from '../../lib/link/testing-sshd.ts';
import { nodes as nodesTable } from '../../schema/nodes.ts';
import { runs as runsTable, runTargets } from '../../schema/runs.ts';
import { principal } from '../nodes/testing.ts';
import { argv, byName, openRuns, script } from './testing.ts';

test('a command runs on every node at once, each with its own end, and words arrive as they are', async () => {
  await using context = await openRuns();
  const { audited, nodes } = context;
  const sshd = await context.startServer();
  const web = await context.addLinked('web', sshd);
  const db = await context.addLinked('db', sshd);
  const away = await context.addNode('away');
  const words = ['printf', '%s|', '$HOME', "it's", '`id`', 'a b'];
  const started = await context.start([web, db, away, web], argv(...words));
  expect(started).toMatchObject({ actor: 'a@example.org', timeoutMs: 15_000, command: argv(...words) });
  expect(started.targets.map(({ nodeName }) => nodeName)).toEqual(['away', 'db', 'web']);
  const run = await context.untilEnded(started.id);
  const ended = byName(run);
  expect(ended.web).toMatchObject({
    ...{ outcome: 'exited', exitCode: 0, signal: null, reason: null, stderr: '', droppedBytes: 0, isPreview: false },
    stdout: "$HOME|it's|`id`|a b|",
  });
  expect(ended.db).toMatchObject({ outcome: 'exited', exitCode: 0 });
  expect(ended.away).toMatchObject({ outcome: 'unreachable', reason: 'The node has no connection.', startedAt: null });
  expect(run.counts).toMatchObject({ succeeded: 2, failed: 0, unreachable: 1, waiting: 0, running: 0 });
  await vi.waitFor(() => expect(audited).toHaveLength(1));
  expect(audited[0]).toMatchObject({
    ...{ action: 'run.end', actor: 'core', target: `run:${run.id}`, outcome: 'ok' },
    details: { startedBy: 'a@example.org', counts: { succeeded: 2, unreachable: 1 } },
  });
  const story = async (nodeId: NodeId) =>
    (await nodes.listActivity({ nodeId, limit: 9 })).items.map(({ text }) => text);
  await vi.waitFor(async () =>
    expect((await story(web)).sort()).toEqual([
      'Fleet command printf ended with exit code 0',
      'Fleet command printf was started',
    ]),
  );
  expect(await story(away)).toContain('Fleet command printf did not reach the node, or lost it');
});

test('a script goes to sh by standard input, and its end is told apart: code, signal, deadline', async () => {
  await using context = await openRuns();
  const sshd = await context.startServer();
  const nodeId = await context.addLinked('web', sshd);
  const ends = async (text: string, timeoutMs?: number) =>
    (await context.untilEnded((await context.start([nodeId], script(text), timeoutMs)).id)).targets[0];
  expect(await ends('set -e\nx="a \'b\' $((1+1))"\necho "$x" >&2\nfalse\necho never')).toMatchObject({
    ...{ outcome: 'exited', exitCode: 1, stdout: '', stderr: "a 'b' 2\n" },
  });
  expect(await ends('kill -9 $$')).toMatchObject({ outcome: 'signalled', signal: 'SIGKILL', exitCode: null });
  expect(await ends('echo begun; sleep 30', 1000)).toMatchObject({
    ...{ outcome: 'timed_out', stdout: 'begun\n', exitCode: null },
    reason: 'It had not ended after 1 second and was told to end.',
  });
});

test('of a long output the beginning is kept, the rest is counted, and no character is torn', async () => {
  await using context = await openRuns();
  const sshd = await context.startServer();
  const nodeId = await context.addLinked('web', sshd);
  const text = `x=é; i=0; while [ $i -lt 13 ]; do x=$x$x$x; i=$((i+1)); done; printf "a$x"; printf 'b\\303' >&2`;
  const { id } = await context.start([nodeId], script(text));
  const written = 1 + 2 * 3 ** 13;
  const preview = (await context.untilEnded(id)).targets[0];
  expect(preview).toMatchObject({ isPreview: true, stderr: 'b\ufffd', droppedBytes: written - MAX_RUN_OUTPUT_BYTES });
  expect(preview?.stdout).toBe(`a${'é'.repeat((RUN_PREVIEW_BYTES - 2) / 2)}`);
  const whole = await context.runs.output(id, nodeId);
  expect(whole).toMatchObject({ isPreview: false, droppedBytes: written - MAX_RUN_OUTPUT_BYTES });
  expect(whole.stdout).toBe(`a${'é'.repeat((MAX_RUN_OUTPUT_BYTES - 2) / 2)}`);
});

test('output is there while the command still runs', async () => {
  await using context = await openRuns();
  const sshd = await context.startServer();
  const nodeId = await context.addLinked('web', sshd);
  const { id } = await context.start([nodeId], script('echo one; sleep 2; echo two; sleep 30'));
  const stdout = async () => (await context.runs.get(id)).targets[0]?.stdout;
  await vi.waitFor(async () => expect(await stdout()).toBe('one\n'), { timeout: 10_000 });
  await vi.waitFor(async () => expect(await stdout()).toBe('one\ntwo\n'), { timeout: 10_000 });
  expect((await context.runs.get(id)).targets[0]?.outcome).toBe('running');
  await context.runs.cancel(id);
});

test('a node that hangs delays no other', async () => {
  await using context = await openRuns();
  const sshd = await context.startServer();
  const stuck = await context.startServer();
  const hung = await context.addLinked('hung', stuck);
  const pids = listFamily(stuck.pid).map(({ pid }) => pid);
  await pause(pids);
  try {
    const others: NodeId[] = [];
    for (const name of ['a', 'b', 'c']) others.push(await context.addLinked(name, sshd));
    const { id } = await context.start([hung, ...others], argv('true'), 4000);
    await vi.waitFor(async () => expect((await context.runs.get(id)).counts.succeeded).toBe(3), { timeout: 3500 });
    expect((await context.runs.get(id)).endedAt).toBeNull();
    expect(byName(await context.untilEnded(id)).hung?.outcome).toBe('timed_out');
  } finally {
    resume(pids);
  }
});

test('a cancelled run ends what runs and never begins what waits', async () => {
  await using context = await openRuns();
  const sshd = await context.startServer();
  const running = await context.addLinked('running', sshd);
  const waiting = await context.addPolled('waiting');
  const { id } = await context.start([running, waiting], argv('sleep', '30'));
  await vi.waitFor(async () => expect(byName(await context.runs.get(id)).running?.outcome).toBe('running'));
  await context.runs.cancel(id);
  const ended = byName(await context.untilEnded(id));
  expect(ended.running).toMatchObject({
    outcome: 'cancelled',
    reason: 'It was cancelled while it ran and was told to end.',
  });
  expect(ended.waiting).toMatchObject({ outcome: 'cancelled', reason: 'It was cancelled before it began.' });
  await expect(context.runs.cancel(id)).rejects.toMatchObject({ code: 'conflict' });
  expect(await context.runs.jobs.claim(waiting)).toBeNull();
});

test('a node that is unknown or foreign stops the whole run before anything is done', async () => {
  await using context = await openRuns();
  const sshd = await context.startServer();
  const nodeId = await context.addLinked('web', sshd);
  await expect(context.start([nodeId, newId<NodeId>()], argv('true'))).rejects.toMatchObject({
    ...{ code: 'not_found', message: 'One of the nodes was not found.' },
  });
  const hidden = await context.addLinked('hidden', sshd);
  context.foreign.add(hidden);
  await expect(context.start([nodeId, hidden], argv('true'))).rejects.toMatchObject({
    ...{ code: 'not_found', message: 'One of the nodes was not found.' },
  });
  expect(await context.database.db.$count(runsTable)).toBe(0);
  const long = argv('true', ...Array.from({ length: 5 }, () => 'x'.repeat(32_768)));
  await expect(context.start([nodeId], long)).rejects.toMatchObject({ code: 'bad_request' });
  const missing = newId<never>();
  await expect(context.runs.get(missing)).rejects.toMatchObject({ code: 'not_found' });
  await expect(context.runs.cancel(missing)).rejects.toMatchObject({ code: 'not_found' });
  await expect(context.runs.output(missing, nodeId)).rejects.toMatchObject({ code: 'not_found' });
});

test('a core that stops leaves what runs as not known, and the next one begins what waited', async () => {
  await using context = await openRuns();
  const sshd = await context.startServer();
  const running = await context.addLinked('running', sshd);
  const late = await context.addNode('late');
  const { id } = await context.start([running], argv('sleep', '30'));
  await vi.waitFor(async () => expect((await context.runs.get(id)).targets[0]?.outcome).toBe('running'));
  await context.runs.close();
  expect((await context.runs.get(id)).targets[0]).toMatchObject({
    ...{ outcome: 'unreachable', exitCode: null },
    reason: 'Server Box restarted while it ran; how it ended is not known.',
  });

  // A core that was killed leaves its leases to run out.
  const { db } = context.database;
  const command = { kind: 'argv' as const, argv: ['echo', 'back'] };
  const runId = newId<never>();
  await db.insert(runsTable).values({ id: runId, command, timeoutMs: 10_000, actor: 'x' });
  const expired = sql`now() - interval '1 second'`;
  await db.insert(runTargets).values([
    { runId, nodeId: late, jobId: newId(), leaseUntil: expired },
    { runId, nodeId: running, jobId: newId(), leaseUntil: expired, outcome: 'running', attempt: 1 },
  ]);
  context.openCore();
  // Its agent connects a moment after the core is there.
  setTimeout(() => void context.linked.set(late, context.linked.get(running) as never), 1000);
  const ended = byName(await context.untilEnded(runId));
  expect(ended.late).toMatchObject({ outcome: 'exited', stdout: 'back\n' });
  expect(ended.running).toMatchObject({ outcome: 'unreachable', reason: expect.stringContaining('restarted') });
  expect((await context.untilEnded(id)).counts.unreachable).toBe(1);
});

test('a removed node takes its part along, and the run still ends', async () => {
  await using context = await openRuns();
  const sshd = await context.startServer();
  const nodeId = await context.addLinked('web', sshd);
  const other = await context.addLinked('db', sshd);
  const { id } = await context.start([nodeId, other], script('sleep 1'));
  await context.nodes.remove(principal, nodeId);
  expect((await context.untilEnded(id)).targets.map(({ nodeName }) => nodeName)).toEqual(['db']);
});

test('JO-11 of a thousand nodes some are dead and some slow: each has its end, and others are answered meanwhile', {
  timeout: 120_000,
}, async () => {
  await using context = await openRuns();
  const { database, linked } = context;
  const sshd = await context.startServer();
  const links = await Promise.all(Array.from({ length: 8 }, () => openLabLink(sshd)));
  const rows = Array.from({ length: 1000 }, (_, index) => ({ id: newId<NodeId>(), name: `n${index}` }));
  await database.db.insert(nodesTable).values(rows);
  // Every twentieth is dead.
  for (const [index, { id }] of rows.entries())
    if (index % 20 > 0) linked.set(id, links[index % links.length] as NodeLink);
  const { id } = await context.start(
    rows.map((row) => row.id),
    // Every twentieth or so is slow.
    script('echo here; [ $(($$ % 20)) -ne 0 ] || sleep 5'),
    60_000,
  );
  let slowestMs = 0;
  for (;;) {
    const askedMs = performance.now();
    const { items } = await context.runs.list({ limit: 10 });
    slowestMs = Math.max(slowestMs, performance.now() - askedMs);
    if (items[0]?.endedAt !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const run = await context.runs.get(id);
  expect(run.targets.filter(({ exitCode, stdout }) => exitCode === 0 && stdout === 'here\n')).toHaveLength(950);
  expect(run.counts).toMatchObject({ succeeded: 950, unreachable: 50 });
  expect(slowestMs).toBeLessThan(2000);
});

test('runs are listed newest first with their counts, and the newest five hundred are kept', async () => {
  await using context = await openRuns();
  const nodeId = await context.addNode('away');
  const { db } = context.database;
  await db.execute(sql`
    INSERT INTO runs (id, command, timeout_ms, actor, started_at, ended_at)
    SELECT gen_random_uuid(), '{"kind":"argv","argv":["true"]}', 1000, 'x', t, t
    FROM (SELECT now() - n * interval '1 hour' AS t FROM generate_series(1, 520) AS n) AS times`);
  const { id } = await context.start([nodeId], argv('true'));
  await context.untilEnded(id);
  expect(await db.$count(runsTable)).toBe(500);
  const first = await context.runs.list({ limit: 200 });
  expect(first.items[0]).toMatchObject({ id, counts: { unreachable: 1, succeeded: 0 } });
  const second = await context.runs.list({ limit: 200, cursor: first.nextCursor ?? '' });
  const third = await context.runs.list({ limit: 200, cursor: second.nextCursor ?? '' });
  expect(third.nextCursor).toBeNull();
  const ids = [first, second, third].flatMap(({ items }) => items.map((item) => item.id));
  expect(new Set(ids).size).toBe(500);
  await expect(context.runs.list({ limit: 5, cursor: 'x' })).rejects.toMatchObject({ code: 'bad_request' });
});
