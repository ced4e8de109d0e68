/** A worker to be killed by tests: says `begun` when it has a job, and never finishes it. argv[2] is a `Reach` and a prefix. */
import { openDatabase } from '../db/database.ts';
import { Secret, silentLog } from '../log.ts';
import { handleJob } from './job.ts';
import type { QueueOptions } from './open-queue.ts';
import { openQueue } from './open-queue.ts';
import type { Reach } from './testing-jobs.ts';
import { countJob, heavyJob, JOBS, TEST_LOCK_MS } from './testing-jobs.ts';

const reach = JSON.parse(process.argv[2] ?? '') as Reach & { prefix: string };

const openStore = async (): Promise<QueueOptions['store']> => {
  if ('redisUrl' in reach) return { redisUrl: new Secret(reach.redisUrl) };
  const source = 'embedded' in reach ? { embedded: reach.embedded } : { url: new Secret(reach.databaseUrl) };
  return { database: await openDatabase({ source, log: silentLog }) };
};

const hang = (): Promise<void> => {
  process.stdout.write('begun\n');
  return new Promise(() => undefined);
};

const queue = await openQueue({
  store: await openStore(),
  prefix: reach.prefix,
  jobs: JOBS,
  log: silentLog,
  lockMs: TEST_LOCK_MS,
});
await queue.start([handleJob(countJob, hang), handleJob(heavyJob, hang)]);
