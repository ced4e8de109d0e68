import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDaemon } from './daemon.ts';
import { openTempDir } from './temp-dir.ts';

const shell = (script: string) =>
  ({ argv: ['/bin/sh', '-c', script], readyLine: /ready/, stopSignal: 'SIGTERM' }) as const;

test('one that ends before it is ready is an error with its output', async () => {
  await expect(startDaemon(shell('echo "port is taken" >&2; exit 3'))).rejects.toThrow(/exit code 3\nport is taken/);
});

test('one that does not exist is an error', async () => {
  await expect(startDaemon({ ...shell(''), argv: ['/no/such/program'] })).rejects.toThrow(/\/no\/such\/program/);
});

test('stop reaches its children too, and may be called twice', async () => {
  const dir = await openTempDir('unit');
  try {
    const trace = join(dir.path, 'child-was-stopped');
    const child = `trap 'touch ${trace}; exit' TERM; echo ready; while :; do sleep 0.05; done`;
    const daemon = await startDaemon(shell(`(${child}) & wait`));
    await daemon.stop();
    await daemon.stop();
    expect(existsSync(`/proc/${daemon.pid}`)).toBe(false);
    await expect.poll(() => existsSync(trace)).toBe(true);
  } finally {
    await dir.remove();
  }
});
