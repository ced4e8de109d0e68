/** What the queue must do, wherever it keeps its jobs. Run by the test file of each store. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import type { JobContext, JobHandler } from './job.ts';
import { defineJob, handleJob } from './job.ts';
import type { QueueOptions } from './open-queue.ts';
import { openQueue } from './open-queue.ts';
import type { Queue } from './queue.ts';
import type { Reach } from './testing-jobs.ts';
import { countJob, heavyJob, JOBS, TEST_LOCK_MS } from './testing-jobs.ts';

/** A store of its own for each test, so that nothing of one is left for the next. */
export interface StoreForTest {
  store: QueueOptions['store'];
  /** The same store, for a worker in a process of its own. */
  reach: Reach;
  prefix: string;
  drop(): Promise<void>;
}
type Run = (context: JobContext<{ rowId: string }>) => Promise<void>;

const done: Run = async () => undefined;
const handlers = (run: Run, runHeavy: Run = done): JobHandler[] => [
  handleJob(countJob, run),
  handleJob(heavyJob, runHeavy),
];

/** A function to await the nth call of. */
const recorder = () => {
  const calls: JobContext<{ rowId: string }>[] = [];
  const waiting = new Map<number, (calls: JobContext<{ rowId: string }>[]) => void>();
  const run: Run = async (context) => {
    calls.push(context);
    waiting.get(calls.length)?.(calls);
  };
  const nth = (count: number) =>
    new Promise<JobContext<{ rowId: string }>[]>((resolve) => {
      if (calls.length >= count) resolve(calls);
      else waiting.set(count, resolve);
    });
  return { calls, run, nth };
};

export const testQueue = (openStore: () => Promise<StoreForTest>): void => {
  let context: StoreForTest;
  const opened: Queue[] = [];
  const open = async (options: Partial<QueueOptions> = {}): Promise<Queue> => {
    const { store, prefix } = context;
    const queue = await openQueue({ store, prefix, jobs: JOBS, log: silentLog, lockMs: TEST_LOCK_MS, ...options });
    opened.push(queue);
    return queue;
  };
  beforeEach(async () => {
    context = await openStore();
  });
  afterEach(async () => {
    for (const queue of opened.splice(0)) await queue.close();
    await context.drop();
  });

  test('a job added before the start is run with its payload', async () => {
    const queue = await open();
    const { run, nth } = recorder();
    await queue.add(countJob, { rowId: 'a' });
    await queue.start(handlers(run));
    const [call] = await nth(1);
    expect(call).toMatchObject({ payload: { rowId: 'a' }, attempt: 1 });
  });

  test('a job is run by another process than the one that added it', async () => {
    const [adder, worker] = [await open(), await open()];
    const { run, nth } = recorder();
    await worker.start(handlers(run));
    await adder.add(countJob, { rowId: 'a' });
    await nth(1);
  });

  test('each of many jobs is run once, by two workers together', async () => {
    const [first, second] = [await open(), await open()];
    const { run, nth } = recorder();
    await first.start(handlers(run));
    await second.start(handlers(run));
    const ids = Array.from({ length: 100 }, (_, index) => `row-${index}`);
    await Promise.all(ids.map((rowId) => first.add(countJob, { rowId })));
    const calls = await nth(100);
    expect(calls.map(({ payload }) => payload.rowId).sort()).toEqual([...ids].sort());
  });

  test('a job with the id of one that waits is the same job', async () => {
    const queue = await open();
    const { run, nth, calls } = recorder();
    for (let index = 0; index < 5; index += 1) await queue.add(countJob, { rowId: 'a' }, { id: 'a' });
    await queue.add(heavyJob, { rowId: 'a' }, { id: 'a' });
    await queue.start(handlers(run, run));
    await nth(2);
    await queue.add(countJob, { rowId: 'last' });
    await nth(3);
    expect(calls.map(({ payload }) => payload.rowId).sort()).toEqual(['a', 'a', 'last']);
  });

  test('a job that is done can be added again under the same id', async () => {
    const queue = await open();
    const { run, nth } = recorder();
    await queue.start(handlers(run));
    await queue.add(countJob, { rowId: 'a' }, { id: 'a' });
    await nth(1);
    // The handler has returned; its record goes a moment later.
    const second = nth(2);
    const again = setInterval(() => void queue.add(countJob, { rowId: 'a' }, { id: 'a' }), 50);
    await second.finally(() => clearInterval(again));
  });

  test('a job that throws is run again, and counts its attempts', async () => {
    const queue = await open();
    const { run, nth } = recorder();
    await queue.start(
      handlers(async (job) => {
        await run(job);
        if (job.attempt < 3) throw new Error('not yet');
      }),
    );
    await queue.add(countJob, { rowId: 'a' });
    expect((await nth(3)).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  test('a poison job is quarantined after its last attempt: others run, and it cannot be added again', async () => {
    const queue = await open();
    const { run, nth, calls } = recorder();
    const poisoned = Promise.withResolvers<void>();
    const log = { ...silentLog, error: () => poisoned.resolve(), with: () => silentLog };
    const worker = await open({ log });
    await worker.start(
      handlers(async (job) => {
        await run(job);
        if (job.payload.rowId === 'poison') throw new Error('poison');
      }),
    );
    await queue.add(countJob, { rowId: 'poison' }, { id: 'poison' });
    await poisoned.promise;
    await queue.add(countJob, { rowId: 'poison' }, { id: 'poison' });
    await queue.add(countJob, { rowId: 'good' });
    await nth(4);
    expect(calls.map(({ payload }) => payload.rowId)).toEqual(['poison', 'poison', 'poison', 'good']);
  });

  test('a payload that does not fit is refused when it is added', async () => {
    const queue = await open();
    await expect(queue.add(countJob, { rowId: 7 } as never)).rejects.toThrow();
  });

  test('the signal of a handler aborts at the deadline, and the run counts as timed out', async () => {
    const quick = defineJob({ ...countJob, deadlineMs: 100, attempts: 1 });
    const failure = Promise.withResolvers<unknown>();
    const log = { ...silentLog, error: (_: string, fields: unknown) => failure.resolve(fields), with: () => silentLog };
    const queue = await open({ jobs: [quick, heavyJob], log });
    const run: Run = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    await queue.start([handleJob(quick, run), handleJob(heavyJob, done)]);
    await queue.add(quick, { rowId: 'a' });
    expect(await failure.promise).toMatchObject({ error: { message: 'Job test.count took longer than 100 ms.' } });
  });

  test('a delayed job waits for its time', async () => {
    const queue = await open();
    const { run, nth } = recorder();
    await queue.start(handlers(run));
    const addedAt = performance.now();
    await queue.add(countJob, { rowId: 'a' }, { delayMs: 400 });
    await nth(1);
    expect(performance.now() - addedAt).toBeGreaterThanOrEqual(395);
  });

  test('heavy jobs run two at a time and do not hold up light ones', async () => {
    const queue = await open();
    const { run, nth } = recorder();
    const release = Promise.withResolvers<void>();
    let running = 0;
    let most = 0;
    const finished = recorder();
    const twoRun = Promise.withResolvers<void>();
    const heavy: Run = async (job) => {
      running += 1;
      most = Math.max(most, running);
      if (running === 2) twoRun.resolve();
      await release.promise;
      running -= 1;
      await finished.run(job);
    };
    await queue.start(handlers(run, heavy));
    for (let index = 0; index < 6; index += 1) await queue.add(heavyJob, { rowId: `${index}` });
    await queue.add(countJob, { rowId: 'light' });
    await twoRun.promise;
    await nth(1);
    release.resolve();
    await finished.nth(6);
    expect(most).toBe(2);
  });

  test('a schedule that is set twice runs once per period, and ends', async () => {
    const queue = await open();
    const { run, nth, calls } = recorder();
    await queue.cron('tick', { everyMs: 200 }, countJob, { rowId: 'tick' });
    await queue.cron('tick', { everyMs: 200 }, countJob, { rowId: 'tick' });
    await queue.start(handlers(run));
    const startedAt = performance.now();
    await nth(6);
    expect(performance.now() - startedAt).toBeGreaterThan(700);
    await queue.uncron('tick', countJob);
    await queue.uncron('tick', countJob);
    const count = calls.length;
    await queue.add(countJob, { rowId: 'after' }, { delayMs: 700 });
    await expect.poll(() => calls.at(-1)?.payload.rowId, { timeout: 5000 }).toBe('after');
    // One tick may have been under way.
    expect(calls.length - count).toBeLessThanOrEqual(2);
  });

  test('a cron pattern with seconds is followed', async () => {
    const queue = await open();
    const { run, nth } = recorder();
    await queue.start(handlers(run));
    await queue.cron('second', { pattern: '* * * * * *', timeZone: 'Europe/Berlin' }, countJob, { rowId: 's' });
    await nth(2);
  });

  test('a periodic job never runs twice at a time in one process', async () => {
    const queue = await open();
    let running = 0;
    let most = 0;
    const { run, nth } = recorder();
    const slow: Run = async (job) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 350));
      running -= 1;
      await run(job);
    };
    await queue.start(handlers(slow));
    await queue.cron('slow', { everyMs: 100 }, countJob, { rowId: 'slow' });
    await nth(3);
    expect(most).toBe(1);
  });

  test('closing tells handlers to stop, and their jobs run again elsewhere without a lost attempt', async () => {
    const [first, second] = [await open(), await open()];
    const begun = Promise.withResolvers<void>();
    await first.start(
      handlers(({ signal }) => {
        begun.resolve();
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      }),
    );
    await first.add(countJob, { rowId: 'a' });
    await begun.promise;
    await first.close();
    const { run, nth } = recorder();
    await second.start(handlers(run));
    expect((await nth(1)).map(({ attempt }) => attempt)).toEqual([1]);
  });

  /** A worker in a process of its own takes a job, and is killed with it. */
  const killWorker = async (): Promise<void> => {
    const args = [
      join(import.meta.dirname, 'testing-worker.ts'),
      JSON.stringify({ ...context.reach, prefix: context.prefix }),
    ];
    const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) => {
      worker.stdout.once('data', resolve);
      worker.once('exit', () => reject(new Error('the worker ended without a job')));
    });
    worker.kill('SIGKILL');
  };

  test('a job whose worker was killed runs again elsewhere', async () => {
    const queue = await open();
    await queue.add(countJob, { rowId: 'a' });
    await killWorker();
    const { run, nth } = recorder();
    await queue.start(handlers(run));
    await nth(1);
  });

  test('a job that takes its worker with it three times is quarantined', async () => {
    const quarantined = Promise.withResolvers<unknown>();
    const log = { ...silentLog, error: (message: string) => quarantined.resolve(message), with: () => silentLog };
    const queue = await open({ log });
    await queue.add(countJob, { rowId: 'killer' });
    for (let count = 0; count < 3; count += 1) await killWorker();
    const { run, calls } = recorder();
    await queue.start(handlers(run));
    expect(await quarantined.promise).toBe('job quarantined');
    expect(calls).toEqual([]);
  });

  test('the queue does not start unless each job has exactly one handler', async () => {
    const queue = await open();
    await expect(queue.start([handleJob(countJob, done)])).rejects.toThrow('job test.heavy has 0 handlers');
    await expect(queue.start([...handlers(done), handleJob(countJob, done)])).rejects.toThrow(
      'job test.count has 2 handlers',
    );
  });

  test('a queue that answers is healthy', async () => {
    const queue = await open();
    expect(await queue.health()).toBe('ok');
  });
};
