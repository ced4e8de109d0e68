import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openTempDir } from '../../lab/temp-dir.ts';
import { fingerprintCore } from './core-bundle.mjs';

const FILES = ['core/src/run.ts', 'contract/src/ids.ts', 'package-lock.json', 'scripts/bundle-core.mjs'];

const withCheckout = async (work: (path: string) => void): Promise<void> => {
  const dir = await openTempDir('bundle');
  try {
    for (const file of FILES) {
      mkdirSync(dirname(join(dir.path, file)), { recursive: true });
      writeFileSync(join(dir.path, file), 'one');
    }
    work(dir.path);
  } finally {
    await dir.remove();
  }
};

test.each(FILES)('a change of %s changes the fingerprint', async (file) => {
  await withCheckout((path) => {
    const before = fingerprintCore(path);
    writeFileSync(join(path, file), 'another length');
    expect(fingerprintCore(path)).not.toBe(before);
  });
});

test('a migration or the bundle itself does not: neither is bundled', async () => {
  await withCheckout((path) => {
    const before = fingerprintCore(path);
    for (const file of ['core/dist/main.mjs', 'core/migrations/0000_init.sql']) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), 'one');
    }
    expect(fingerprintCore(path)).toBe(before);
  });
});
