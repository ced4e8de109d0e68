import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../db/database.ts';
import { openEmbedded } from '../db/embedded.ts';
import { withTestDatabase } from '../db/testing.ts';
import { silentLog } from '../log.ts';
import { handleJob } from './job.ts';
import { openQueue } from './open-queue.ts';
import { testQueue } from './queue-conformance.ts';
import type { Reach } from './testing-jobs.ts';
import { countJob, heavyJob, JOBS } from './testing-jobs.ts';

describe('queue in PostgreSQL', () => {
  testQueue(async () => {
    const { database, source, close } = await withTestDatabase();
    const reach: Reach = 'embedded' in source ? source : { databaseUrl: source.url.reveal() };
    return { store: { database }, reach, prefix: 'test', drop: close };
  });

  test('two cores set the queue up together, and the next start finds it so', async () => {
    await using context = await withTestDatabase();
    const options = { store: { database: context.database }, jobs: JOBS, log: silentLog };
    const [first, second] = await Promise.all([openQueue(options), openQueue(options)]);
    await first.close();
    await second.close();
    const messages: string[] = [];
    const third = await openQueue({
      ...options,
      log: { ...silentLog, info: (message) => void messages.push(message) },
    });
    await third.close();
    expect(messages).toEqual([]);
  });

  test('the queue runs with the rights of the program, not with those of the owner', async () => {
    await using context = await withTestDatabase();
    const queue = await openQueue({ store: { database: context.database }, jobs: JOBS, log: silentLog });
    const { rows } = await context.database.db.execute(
      sql`SELECT has_schema_privilege('serverbox_app', 'bullmq', 'USAGE') AS may_use,
                 has_schema_privilege('serverbox_app', 'bullmq', 'CREATE') AS may_create`,
    );
    expect(rows).toEqual([{ may_use: true, may_create: false }]);
    await queue.close();
  });

  test('DB-2 a database that is killed loses no added job, and work goes on when it is back', async () => {
    const dataDir = await mkdtemp('/tmp/serverbox-queue-');
    const embedded = await openEmbedded({ dataDir, log: silentLog });
    const database = await openDatabase({ source: { embedded: embedded.connection }, log: silentLog });
    const queue = await openQueue({ store: { database }, jobs: JOBS, log: silentLog, lockMs: 2000 });
    try {
      const ran = new Set<string>();
      await queue.start([
        handleJob(countJob, async ({ payload }) => void ran.add(payload.rowId)),
        handleJob(heavyJob, async () => undefined),
      ]);
      const acknowledged: string[] = [];
      for (let n = 0; acknowledged.length < 300; n += 1) {
        if (n === 100)
          process.kill(
            Number.parseInt(await readFile(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8'), 10),
            'SIGKILL',
          );
        try {
          await queue.add(countJob, { rowId: String(n) });
          acknowledged.push(String(n));
        } catch (error) {
          expect(error).toMatchObject({ code: 'database_unavailable' });
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
      await expect
        .poll(() => acknowledged.filter((rowId) => !ran.has(rowId)), { timeout: 30_000, interval: 100 })
        .toEqual([]);
    } finally {
      await queue.close();
      await database.close();
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
