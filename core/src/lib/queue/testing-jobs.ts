/** Jobs of the conformance suite, shared with the worker that it kills. */
import { z } from 'zod';
import type { SocketConnection } from '../db/connection.ts';
import { defineJob } from './job.ts';

/** A store as plain values, so that they can travel to another process. */
export type Reach = { embedded: SocketConnection } | { databaseUrl: string } | { redisUrl: string };

/** A worker that is killed is missed after so long. */
export const TEST_LOCK_MS = 1000;

export const countJob = defineJob({
  name: 'test.count',
  payload: z.object({ rowId: z.string() }),
  attempts: 3,
  deadlineMs: 10_000,
  load: 'light',
});
export const heavyJob = defineJob({ ...countJob, name: 'test.heavy', load: 'heavy' });
export const JOBS = [countJob, heavyJob];
