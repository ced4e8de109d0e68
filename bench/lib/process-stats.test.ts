import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { getDescendant, listTree, readCpuMs, readPssBytes, readRssBytes, readRunMs } from './process-stats.ts';

test('this process uses memory and time, and shares some of its memory', () => {
  const start = readRunMs(process.pid);
  while (readRunMs(process.pid) - start < 30);
  expect(readRssBytes(process.pid)).toBeGreaterThan(10 * 2 ** 20);
  expect(readPssBytes(process.pid)).toBeLessThanOrEqual(readRssBytes(process.pid) * 1.1);
  expect(readCpuMs(process.pid)).toBeGreaterThan(0);
});

test('a child of a child is found by its program, and only among the descendants', async () => {
  const child = spawn('/bin/sh', ['-c', '/bin/sleep 60 & echo started; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const pid = Number(child.pid);
  onTestFinished(() => {
    process.kill(-pid, 'SIGKILL');
  });
  await once(child.stdout, 'data');
  // Between its fork and its start it is a copy of the shell.
  const programOf = (child: number | undefined) => readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0')[0];
  await expect.poll(() => programOf(listTree(pid)[1])).toBe('/bin/sleep');
  const found = getDescendant(pid, '/bin/sleep');
  expect(found).not.toBe(pid);
  expect(() => getDescendant(pid, '/bin/cat')).toThrow('runs no /bin/cat');
});

test('a process that is gone is an error, not zero', () => {
  expect(() => readRssBytes(2 ** 30)).toThrow();
});
