import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTempDir } from '../../lab/temp-dir.ts';
import { fingerprintDashboard } from './dashboard.mjs';

const withCheckout = async (work: (path: string) => void): Promise<void> => {
  const dir = await openTempDir('dashboard');
  try {
    for (const folder of ['dashboard/src', 'dashboard/dist', 'contract/src'])
      mkdirSync(join(dir.path, folder), { recursive: true });
    for (const file of ['package-lock.json', 'dashboard/src/main.tsx', 'contract/src/ids.ts'])
      writeFileSync(join(dir.path, file), 'one');
    work(dir.path);
  } finally {
    await dir.remove();
  }
};

test.each([
  ['a source of the dashboard', 'dashboard/src/main.tsx'],
  ['a source of the contract', 'contract/src/ids.ts'],
  ['a new file', 'dashboard/src/new.css'],
  ['the lock file', 'package-lock.json'],
])('a change of %s changes the fingerprint', async (_what, file) => {
  await withCheckout((path) => {
    const before = fingerprintDashboard(path);
    writeFileSync(join(path, file), 'another length');
    expect(fingerprintDashboard(path)).not.toBe(before);
  });
});

test('a file touched without a change of its size changes the fingerprint', async () => {
  await withCheckout((path) => {
    const before = fingerprintDashboard(path);
    utimesSync(join(path, 'dashboard/src/main.tsx'), new Date(), new Date(1_700_000_000_000));
    expect(fingerprintDashboard(path)).not.toBe(before);
  });
});

test('what the build itself writes does not change the fingerprint', async () => {
  await withCheckout((path) => {
    const before = fingerprintDashboard(path);
    writeFileSync(join(path, 'dashboard/dist/index.html'), '<!doctype html>');
    expect(fingerprintDashboard(path)).toBe(before);
  });
});
