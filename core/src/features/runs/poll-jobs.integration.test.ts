import type { NodeId } from '@serverbox/contract/ids';
import { MAX_RUN_OUTPUT_BYTES } from '@serverbox/contract/runs';
import { and, eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { newId } from '../../lib/ids.ts';
import { runTargets } from '../../schema/runs.ts';
import { principal } from '../nodes/testing.ts';
import { argv, byName, openRuns, script } from './testing.ts';

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
const stdout = (offset: number, text: string | Buffer) => ({ stream: 'stdout' as const, offset, text: base64(text) });

test('JO-1 a job is claimed once, whatever the number of jobs and of those who ask at the same time', async () => {
  await using context = await openRuns();
  const { runs } = context;
  const nodeId = await context.addPolled('far');
  const other = await context.addPolled('other');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 8 }), async (count) => {
      for (let number = 0; number < count; number += 1) await context.start([nodeId, other], argv('true'));
      await vi.waitFor(async () =>
        expect(await context.database.db.$count(runTargets, sql`carrier = 'poll' AND outcome = 'waiting'`)).toBe(
          2 * count,
        ),
      );
      const claims = await Promise.all(Array.from({ length: 50 }, () => runs.jobs.claim(nodeId)));
      const jobs = claims.filter((job) => job !== null);
      expect(jobs).toHaveLength(count);
      expect(new Set(jobs.map(({ jobId }) => jobId)).size).toBe(count);
      await context.database.db.execute(sql`DELETE FROM runs`);
    }),
    { numRuns: 8 },
  );
});

test('JO-1 fifty nodes that ask for two thousand jobs get each of them once, and none is left', {
  timeout: 120_000,
}, async () => {
  await using context = await openRuns();
  const { db } = context.database;
  await db.execute(
    sql`INSERT INTO nodes (id, name) SELECT gen_random_uuid(), 'n' || n FROM generate_series(1, 50) AS n`,
  );
  await db.execute(sql`
    INSERT INTO runs (id, command, timeout_ms, actor)
    SELECT gen_random_uuid(), '{"kind":"argv","argv":["true"]}', 1000, 'x' FROM generate_series(1, 40)`);
  await db.execute(sql`
    INSERT INTO run_targets (run_id, node_id, job_id, carrier, lease_until)
    SELECT runs.id, nodes.id, gen_random_uuid(), 'poll', now() + interval '1 hour' FROM runs, nodes`);
  const seen: string[] = [];
  const askAll = async (nodeId: NodeId): Promise<void> => {
    for (let job = await context.runs.jobs.claim(nodeId); job !== null; job = await context.runs.jobs.claim(nodeId)) {
      seen.push(job.jobId);
      const of = { jobId: job.jobId, attempt: job.attempt };
      await context.runs.jobs.complete(nodeId, { ...of, outcome: 'exited', exitCode: 0, signal: null });
    }
  };
  await Promise.all((await context.nodes.list(principal)).map(({ id }) => askAll(id)));
  expect([seen.length, new Set(seen).size]).toEqual([2000, 2000]);
  expect(await db.$count(runTargets, sql`outcome <> 'exited' OR attempt <> 1`)).toBe(0);
});

test('JO-2 a job whose answer was lost is offered again with the same attempt, until the node confirms it', async () => {
  await using context = await openRuns();
  const { runs, database } = context;
  const nodeId = await context.addPolled('far');
  const { id } = await context.start([nodeId], argv('true'));
  const first = await vi.waitFor(async () => {
    const job = await runs.jobs.claim(nodeId);
    expect(job).not.toBeNull();
    return job as NonNullable<typeof job>;
  });
  expect(await runs.jobs.claim(nodeId)).toBeNull();
  const goBack = () =>
    database.db.update(runTargets).set({ leaseUntil: sql`${runTargets.leaseUntil} - interval '6 seconds'` });
  await goBack();
  expect(await runs.jobs.claim(nodeId)).toEqual(first);
  expect(await runs.jobs.claim(nodeId)).toBeNull();
  await runs.jobs.output(nodeId, { jobId: first.jobId, attempt: first.attempt, chunks: [] });
  await goBack();
  expect(await runs.jobs.claim(nodeId)).toBeNull();
  expect((await runs.get(id)).targets[0]).toMatchObject({ outcome: 'running', startedAt: expect.any(String) });
  expect([await runs.jobs.has(nodeId, first.jobId), await runs.jobs.has(newId<NodeId>(), first.jobId)]).toEqual([
    true,
    false,
  ]);
});

test('a node that asks gets its command, reports piece by piece, and says how it ended', async () => {
  await using context = await openRuns();
  const { runs } = context;
  const nodeId = await context.addPolled('far');
  const { id } = await context.start([nodeId], script('echo $x'));
  const job = await vi.waitFor(async () => {
    const claimed = await runs.jobs.claim(nodeId);
    expect(claimed).not.toBeNull();
    return claimed as NonNullable<typeof claimed>;
  });
  expect(job).toMatchObject({ attempt: 1, argv: ['sh', '-s'], stdin: 'echo $x', timeoutMs: 15_000 });
  expect((await runs.get(id)).targets[0]).toMatchObject({ outcome: 'running' });
  const of = { jobId: job.jobId, attempt: 1 };
  const yes = { accepted: true, cancel: false };
  expect(await runs.jobs.output(nodeId, { ...of, chunks: [stdout(0, 'ab'), stdout(2, 'cd')] })).toEqual(yes);
  // The answer was lost and the agent sends again, together with what came since.
  expect(await runs.jobs.output(nodeId, { ...of, chunks: [stdout(2, 'cd'), stdout(4, 'é'.slice(0))] })).toEqual(yes);
  await expect(runs.jobs.output(nodeId, { ...of, chunks: [stdout(9, 'z')] })).rejects.toMatchObject({
    code: 'bad_request',
  });
  const rest = Buffer.alloc(MAX_RUN_OUTPUT_BYTES, 'x');
  await runs.jobs.output(nodeId, { ...of, chunks: [stdout(6, rest), stdout(6, rest)] });
  const ended = { ...of, outcome: 'exited' as const, exitCode: 3, signal: null };
  expect(await runs.jobs.complete(nodeId, ended)).toEqual(yes);
  expect(await runs.jobs.complete(nodeId, ended)).toEqual(yes);
  const run = await context.untilEnded(id);
  expect(run.targets[0]).toMatchObject({ outcome: 'exited', exitCode: 3, droppedBytes: 6 });
  expect((await runs.output(id, nodeId)).stdout).toBe(`abcdé${'x'.repeat(MAX_RUN_OUTPUT_BYTES - 6)}`);
  await vi.waitFor(() => expect(context.audited).toHaveLength(1));
});

test('JO-5 what another node, another attempt or a dead job reports changes nothing', async () => {
  await using context = await openRuns();
  const { runs, database } = context;
  const nodeId = await context.addPolled('far');
  const other = await context.addPolled('other');
  const { id } = await context.start([nodeId], argv('true'));
  const job = await vi.waitFor(async () => {
    const claimed = await runs.jobs.claim(nodeId);
    expect(claimed).not.toBeNull();
    return claimed as NonNullable<typeof claimed>;
  });
  const no = { accepted: false, cancel: true };
  const { jobId } = job;
  const ended = { jobId, attempt: 1, outcome: 'exited' as const, exitCode: 0, signal: null };
  expect(await runs.jobs.complete(other, ended)).toEqual(no);
  expect(await runs.jobs.complete(nodeId, { ...ended, attempt: 2 })).toEqual(no);
  expect(await runs.jobs.output(nodeId, { jobId, attempt: 0, chunks: [stdout(0, 'x')] })).toEqual(no);
  expect(await runs.jobs.output(other, { jobId, attempt: 1, chunks: [stdout(0, 'x')] })).toEqual(no);
  await database.db
    .update(runTargets)
    .set({ leaseUntil: sql`now() - interval '1 second'` })
    .where(eq(runTargets.jobId, jobId));
  const run = await context.untilEnded(id);
  expect(run.targets[0]).toMatchObject({
    ...{ outcome: 'unreachable', stdout: '' },
    reason: 'The node stopped reporting while it ran; how it ended is not known.',
  });
  expect(await runs.jobs.complete(nodeId, ended)).toEqual(no);
  expect((await runs.get(id)).targets[0]?.outcome).toBe('unreachable');
});

test('JO-3 a job that nobody asks for ends as unreachable, and a cancelled one is told to whoever runs it', async () => {
  await using context = await openRuns();
  const { runs, database } = context;
  const nodeId = await context.addPolled('far');
  const silent = await context.addPolled('silent');
  const { id } = await context.start([nodeId, silent], argv('true'));
  const job = await vi.waitFor(async () => {
    const claimed = await runs.jobs.claim(nodeId);
    expect(claimed).not.toBeNull();
    return claimed as NonNullable<typeof claimed>;
  });
  // Before it is laid down for the node, a core holds it, and renews.
  await vi.waitFor(async () => {
    const expired = await database.db
      .update(runTargets)
      .set({ leaseUntil: sql`now() - interval '1 second'` })
      .where(and(eq(runTargets.nodeId, silent), eq(runTargets.carrier, 'poll')))
      .returning();
    expect(expired).toHaveLength(1);
  });
  expect(await runs.jobs.claim(silent)).toBeNull();
  await vi.waitFor(
    async () =>
      expect(byName(await runs.get(id)).silent).toMatchObject({
        ...{ outcome: 'unreachable', reason: 'The node did not ask for it in time.' },
      }),
    { timeout: 10_000 },
  );
  expect(await runs.jobs.cancelled(nodeId)).toEqual([]);
  await runs.cancel(id);
  expect(await runs.jobs.cancelled(nodeId)).toEqual([job.jobId]);
  expect(await runs.jobs.cancelled(silent)).toEqual([]);
  const of = { jobId: job.jobId, attempt: job.attempt };
  expect(await runs.jobs.output(nodeId, { ...of, chunks: [] })).toEqual({ accepted: true, cancel: true });
  await runs.jobs.complete(nodeId, { ...of, outcome: 'cancelled', exitCode: null, signal: null });
  expect((await context.untilEnded(id)).counts).toMatchObject({ cancelled: 1, unreachable: 1 });
});
