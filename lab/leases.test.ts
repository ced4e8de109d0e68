import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dropLease, keep, takeLease } from './leases.ts';
import { openTempDir } from './temp-dir.ts';

const withTempDir = async (work: (path: string) => Promise<void>): Promise<void> => {
  const dir = await openTempDir('unit');
  try {
    await work(dir.path);
  } finally {
    await dir.remove();
  }
};

test('a shared thing is used until the last lease is dropped', () =>
  withTempDir(async (dir) => {
    const [one, two] = [await takeLease(dir), await takeLease(dir)];
    expect(await dropLease(dir, one)).toBe(true);
    expect(await dropLease(dir, two)).toBe(false);
  }));

test('the lease of a dead process does not count', () =>
  withTempDir(async (dir) => {
    const mine = await takeLease(dir);
    await writeFile(join(dir, '4194305.lost'), ''); // above the kernel's highest process id
    expect(await dropLease(dir, mine)).toBe(false);
  }));

test('a thing that is kept stays in use without leases', () =>
  withTempDir(async (dir) => {
    const mine = await takeLease(dir);
    await keep(dir);
    expect(await dropLease(dir, mine)).toBe(true);
  }));
