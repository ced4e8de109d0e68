import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { openTempDir } from '../temp-dir.ts';
import { findProcess, isAlive, kill, listFamily, listProcessesOf, pause, resume } from './processes.ts';

/** A shell with one child, which prints a line each time it hears SIGUSR1. */
const startFamily = async (cwd = '/') => {
  const child = spawn('/bin/sh', ['-c', 'trap "echo heard" USR1; sleep 60 & echo ready; while :; do wait; done'], {
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const pid = Number(child.pid);
  onTestFinished(() => kill(listFamily(pid).map((process) => process.pid)));
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  return { pid, nextLine: () => once(lines, 'line') };
};

test('a family that is killed is gone as a whole, and killing it again is no error', async () => {
  const { pid } = await startFamily();
  const pids = listFamily(pid).map((process) => process.pid);
  expect(pids).toHaveLength(2);
  await kill(pids);
  expect(pids.filter(isAlive)).toEqual([]);
  await kill(pids);
});

test('a paused process answers nothing until it is resumed', async () => {
  const { pid, nextLine } = await startFamily();
  await pause([pid]);
  const heard = nextLine();
  process.kill(pid, 'SIGUSR1');
  expect(findProcess(pid)?.state).toBe('T');
  resume([pid]);
  expect(await heard).toEqual(['heard']);
});

test('processes are found by the directory they work in', async () => {
  const dir = await openTempDir('faults');
  onTestFinished(() => dir.remove());
  const { pid } = await startFamily(dir.path);
  expect(listProcessesOf(dir.path).map((process) => process.pid)).toContain(pid);
  expect(listProcessesOf(`${dir.path}-other`)).toEqual([]);
});
