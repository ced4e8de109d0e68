import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../log.ts';
import type { JobContext } from './job.ts';
import { checkHandlers, defineJob, GRACE_MS, handleJob } from './job.ts';
import { runJob } from './run-job.ts';

const job = defineJob({ name: 'test.run', payload: z.string(), attempts: 1, deadlineMs: 1000, load: 'light' });
const aContext = (fields: Partial<JobContext<unknown>> = {}): JobContext<unknown> => ({
  id: 'id',
  payload: 'row',
  attempt: 1,
  signal: new AbortController().signal,
  log: silentLog,
  ...fields,
});
const untilAborted = ({ signal }: JobContext<string>): Promise<void> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
const forEver = (): Promise<void> => new Promise(() => undefined);

describe('one run of a job', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('ends when its handler does, and leaves no timer', async () => {
    await runJob(
      handleJob(job, async () => undefined),
      aContext(),
      100,
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  test('fails with the error of its handler', async () => {
    const failing = handleJob(job, async () => {
      throw new Error('no luck');
    });
    await expect(runJob(failing, aContext(), 100)).rejects.toThrow('no luck');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('times out at its deadline', async () => {
    const run = expect(runJob(handleJob(job, untilAborted), aContext(), 100)).rejects.toMatchObject({
      code: 'timed_out',
    });
    await vi.advanceTimersByTimeAsync(1000);
    await run;
  });

  test('a handler that ignores its deadline is given up after the grace', async () => {
    const run = expect(runJob(handleJob(job, forEver), aContext(), 100)).rejects.toMatchObject({ code: 'timed_out' });
    await vi.advanceTimersByTimeAsync(1000 + GRACE_MS);
    await run;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a handler that ignores the end of its worker is given up sooner', async () => {
    const stop = new AbortController();
    const run = expect(runJob(handleJob(job, forEver), aContext({ signal: stop.signal }), 100)).rejects.toThrow(
      'job was stopped',
    );
    stop.abort();
    await vi.advanceTimersByTimeAsync(100);
    await run;
  });

  test('a payload that does not fit never reaches the handler', async () => {
    const handler = vi.fn(async () => undefined);
    await expect((async () => runJob(handleJob(job, handler), aContext({ payload: 7 }), 100))()).rejects.toThrow();
    expect(handler).not.toHaveBeenCalled();
  });
});

describe('jobs and handlers', () => {
  const handler = handleJob(job, async () => undefined);
  const other = defineJob({ ...job, name: 'test.other' });

  test('one of each is right', () => {
    expect(() => checkHandlers([job], [handler])).not.toThrow();
  });

  test('a job without a handler, with two, or defined twice, and a handler without a job are all named', () => {
    expect(() => checkHandlers([job, other], [handler, handler])).toThrow(
      'job test.run has 2 handlers; job test.other has 0 handlers',
    );
    expect(() => checkHandlers([job, job], [handler])).toThrow('job test.run is defined twice');
    expect(() => checkHandlers([], [handler])).toThrow('handler of test.run has no job');
  });

  test('a job is named by area and verb', () => {
    expect(() => defineJob({ ...job, name: 'run' })).toThrow('is not of the form area.verb');
  });
});
