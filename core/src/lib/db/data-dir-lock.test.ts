import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test as base, expect } from 'vitest';
import { LOCK_NAME, lockDataDir } from './data-dir-lock.ts';

const test = base.extend<{ dataDir: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of the fixtures used from this pattern
  dataDir: async ({}, use) => {
    const dataDir = await mkdtemp('/tmp/serverbox-lock-');
    await use(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  },
});

test('the lock is held until it is released', async ({ dataDir }) => {
  const first = await lockDataDir(dataDir);
  await expect(lockDataDir(dataDir)).rejects.toMatchObject({ code: 'conflict' });
  await first.release();
  const second = await lockDataDir(dataDir);
  await second.release();
  expect(await readdir(dataDir)).toEqual([]);
});

test('of many who ask at once, one gets it', async ({ dataDir }) => {
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDir(dataDir)));
  const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(locks).toHaveLength(1);
  expect(await readdir(dataDir)).toEqual([LOCK_NAME]);
  await locks[0]?.release();
});

test('a process that was killed holds it no longer', async ({ dataDir }) => {
  const script = `require('node:net').createServer().listen(${JSON.stringify(join(dataDir, LOCK_NAME))}, () => console.log('held'))`;
  const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  await expect(lockDataDir(dataDir)).rejects.toMatchObject({ code: 'conflict' });
  holder.kill('SIGKILL');
  await new Promise((resolve) => holder.once('exit', resolve));
  expect(await readdir(dataDir)).toEqual([LOCK_NAME]);
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => lockDataDir(dataDir)));
  const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(locks).toHaveLength(1);
  await locks[0]?.release();
});
