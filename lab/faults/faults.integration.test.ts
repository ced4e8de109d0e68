/** The faults that need programs or rights of the system, each shown to happen and to end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { isRoot } from '../system-user.ts';
import { openTempDir } from '../temp-dir.ts';
import { startFailingIo } from './failing-io.ts';
import { openSmallDisk } from './full-disk.ts';
import { openWrongClock } from './wrong-clock.ts';

/** A program that runs `answer` for each line on its standard input and prints what it gives. */
const startAnswering = (answer: string, env: Record<string, string> = {}) => {
  const script = `
    const fs = require('node:fs');
    require('node:readline').createInterface({ input: process.stdin }).on('line', () => {
      try { console.log(String((${answer})())); } catch (error) { console.log(error.code); }
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'], env });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const ask = async (): Promise<string> => {
    const line = once(lines, 'line') as Promise<[string]>;
    child.stdin.write('\n');
    return (await line)[0];
  };
  return { pid: Number(child.pid), ask };
};

test.runIf(isRoot())('a full disk refuses a byte, and takes it when it is freed', async () => {
  const disk = await openSmallDisk(4 * 1024 * 1024);
  onTestFinished(() => disk.close());
  await disk.fill();
  expect(await disk.freeBytes()).toBe(0);
  await expect(writeFile(join(disk.path, 'one'), 'x')).rejects.toMatchObject({ code: 'ENOSPC' });
  await disk.free();
  await writeFile(join(disk.path, 'one'), 'x');
  expect(await disk.freeBytes()).toBeGreaterThan(3 * 1024 * 1024);
});

test('fsync of a traced process fails until the fault ends, and of no other process', async () => {
  const dir = await openTempDir('fsync');
  onTestFinished(() => dir.remove());
  const { pid, ask } = startAnswering(
    `() => { const f = fs.openSync(${JSON.stringify(join(dir.path, 'file'))}, 'w'); fs.fsyncSync(f); return 'synced'; }`,
  );
  expect(await ask()).toBe('synced');
  const fault = await startFailingIo([pid], { calls: ['fsync'], error: 'EIO' });
  expect(await ask()).toBe('EIO');
  const ours = await open(join(dir.path, 'ours'), 'w');
  await ours.sync();
  await ours.close();
  await fault.stop();
  expect(await ask()).toBe('synced');
});

test('the clock of a child can be an hour wrong and step while it runs; its monotonic clock stays right', async () => {
  const clock = await openWrongClock(3600);
  onTestFinished(() => clock.close());
  const { ask } = startAnswering('() => Date.now() + " " + performance.now()', clock.environment);
  const read = async () => {
    const [wallMs = 0, monotonicMs = 0] = (await ask()).split(' ').map(Number);
    return { offsetSeconds: Math.round((wallMs - Date.now()) / 1000), monotonicMs };
  };
  const first = await read();
  expect(first.offsetSeconds).toBe(3600);
  await clock.set(-7200);
  const second = await read();
  expect(second.offsetSeconds).toBe(-7200);
  expect(second.monotonicMs - first.monotonicMs).toBeLessThan(30_000);
  expect(second.monotonicMs).toBeGreaterThan(first.monotonicMs);
});
