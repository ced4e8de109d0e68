import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect } from 'vitest';
import { Secret } from '../log.ts';
import { KEY_FILE, loadMasterKey, sealKeyCheck } from './master-key.ts';

const test = base.extend<{ dataDir: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of the fixtures used from this pattern
  dataDir: async ({}, use) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'serverbox-key-'));
    await use(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  },
});

const A_KEY = 'ab'.repeat(32);
const ANOTHER_KEY = 'cd'.repeat(32);
const keyCheckOf = (hex: string) => sealKeyCheck(new Secret(Buffer.from(hex, 'hex')));
const given = undefined;

test('SE-12 the first start makes a key file for its owner alone, whatever the umask', async ({ dataDir }) => {
  const umask = process.umask(0);
  try {
    const master = await loadMasterKey({ given, dataDir, keyCheck: undefined });
    expect((await stat(join(dataDir, KEY_FILE))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(dataDir, KEY_FILE), 'utf8')).toBe(`${master.reveal().toString('hex')}\n`);
    expect(await readdir(dataDir)).toEqual([KEY_FILE]);
  } finally {
    process.umask(umask);
  }
});

test('the second start reads the key that the first one made', async ({ dataDir }) => {
  const first = await loadMasterKey({ given, dataDir, keyCheck: undefined });
  const second = await loadMasterKey({ given, dataDir, keyCheck: sealKeyCheck(first) });
  expect(second.reveal()).toEqual(first.reveal());
});

test('a key file without an instance, left by a start that was killed, is used and not replaced', async ({
  dataDir,
}) => {
  await writeFile(join(dataDir, KEY_FILE), A_KEY, { mode: 0o600 });
  const master = await loadMasterKey({ given, dataDir, keyCheck: undefined });
  expect(master.reveal().toString('hex')).toBe(A_KEY);
});

test('SE-6 a missing key beside a database with data is refused, and none is made', async ({ dataDir }) => {
  await expect(loadMasterKey({ given, dataDir, keyCheck: keyCheckOf(A_KEY) })).rejects.toThrow('master key is missing');
  expect(await readdir(dataDir)).toEqual([]);
});

test('SE-6 a wrong key is refused, from the file and from the environment', async ({ dataDir }) => {
  await writeFile(join(dataDir, KEY_FILE), ANOTHER_KEY, { mode: 0o600 });
  const keyCheck = keyCheckOf(A_KEY);
  await expect(loadMasterKey({ given, dataDir, keyCheck })).rejects.toThrow('is not the one');
  await rm(join(dataDir, KEY_FILE));
  await expect(loadMasterKey({ given: new Secret(ANOTHER_KEY), dataDir, keyCheck })).rejects.toThrow('is not the one');
  expect(await readdir(dataDir)).toEqual([]);
});

test('SE-6 a truncated or damaged key is refused, with data and without', async ({ dataDir }) => {
  for (const text of ['', A_KEY.slice(1), `${A_KEY}0`, A_KEY.replace('a', 'g')]) {
    await writeFile(join(dataDir, KEY_FILE), text, { mode: 0o600 });
    for (const keyCheck of [undefined, keyCheckOf(A_KEY)]) {
      await expect(loadMasterKey({ given, dataDir, keyCheck })).rejects.toThrow('is damaged');
    }
    expect(await readFile(join(dataDir, KEY_FILE), 'utf8')).toBe(text);
  }
});

test('SE-12 a key file that others may read is refused', async ({ dataDir }) => {
  const path = join(dataDir, KEY_FILE);
  await writeFile(path, A_KEY);
  for (const mode of [0o640, 0o604, 0o620]) {
    await chmod(path, mode);
    await expect(loadMasterKey({ given, dataDir, keyCheck: undefined })).rejects.toThrow('chmod 600');
  }
});

test('a symbolic link in place of the key file is refused', async ({ dataDir }) => {
  await symlink('/dev/zero', join(dataDir, KEY_FILE));
  await expect(loadMasterKey({ given, dataDir, keyCheck: undefined })).rejects.toThrow('cannot be read');
});

test('a key from the environment is used without a file', async ({ dataDir }) => {
  const master = await loadMasterKey({ given: new Secret(A_KEY), dataDir, keyCheck: keyCheckOf(A_KEY) });
  expect(master.reveal().toString('hex')).toBe(A_KEY);
  expect(await readdir(dataDir)).toEqual([]);
});

test('two different keys, in the environment and in the file, are refused', async ({ dataDir }) => {
  await writeFile(join(dataDir, KEY_FILE), ANOTHER_KEY, { mode: 0o600 });
  await expect(loadMasterKey({ given: new Secret(A_KEY), dataDir, keyCheck: undefined })).rejects.toThrow(
    'differs from',
  );
});
