import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listProcessesOf } from '../../lab/faults/processes.ts';
import { findFreePort } from '../../lab/free-port.ts';
import type { Box, Ending } from '../e2e/box.ts';
import { openDataDir, runToEnd, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { ask, signIn } from './client.ts';

const QUIET = { ...WITH_ADMIN, SERVERBOX_LOCAL_NODE: 'off' };

const openDir = async (): Promise<string> => {
  const dir = await openDataDir();
  onTestFinished(dir.remove);
  return dir.path;
};

const open = async (dataDir: string, environment: Record<string, string> = QUIET): Promise<Box> => {
  const box = await startBox(dataDir, environment);
  onTestFinished(async () => {
    await box.kill();
  });
  return box;
};

/** What it said to the operator: not the log, whose lines are JSON. */
const sentencesOf = ({ stderr }: Ending): string[] =>
  stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));

test.each([
  ['PORT', { PORT: 'eighty' }],
  ['PORT', { PORT: '70000' }],
  ['SERVERBOX_MASTER_KEY', { SERVERBOX_MASTER_KEY: 'changeme-changeme-changeme-changeme' }],
  ['SERVERBOX_MASTER_KEY', { SERVERBOX_MASTER_KEY: 'short' }],
  ['SERVERBOX_ADMIN_PASSWORD', { SERVERBOX_ADMIN_EMAIL: 'a@example.org', SERVERBOX_ADMIN_PASSWORD: 'short' }],
  ['SERVERBOX_ADMIN_PASSWORD', { SERVERBOX_ADMIN_EMAIL: 'a@example.org' }],
  ['SERVERBOX_ADMIN_EMAIL', { SERVERBOX_ADMIN_EMAIL: 'nobody', SERVERBOX_ADMIN_PASSWORD: 'long enough 1' }],
  ['DATABASE_URL', { DATABASE_URL: 'mysql://root:hunter2@localhost/x' }],
  ['REDIS_URL', { REDIS_URL: 'http://localhost' }],
  ['SERVERBOX_PUBLIC_URL', { SERVERBOX_PUBLIC_URL: 'example.org' }],
  ['SERVERBOX_TRUSTED_PROXIES', { SERVERBOX_TRUSTED_PROXIES: '10.0.0.0/99' }],
  ['SERVERBOX_LOCAL_NODE', { SERVERBOX_LOCAL_NODE: 'maybe' }],
  ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
  ['SERVERBOX_MASTER_KEY_FILE', { SERVERBOX_MASTER_KEY_FILE: '/nowhere/key' }],
])('AN-18 a bad %s is refused by name in one line: %o', async (name, environment) => {
  const dataDir = join(await openDir(), 'never-made');
  const ending = await runToEnd(dataDir, environment);
  expect(ending.code).toBe(2);
  const [sentence, ...more] = sentencesOf(ending);
  expect(more).toEqual([]);
  expect(sentence).toContain(name);
  // A value may be a secret.
  for (const value of ['changeme-', 'hunter2']) expect(ending.stderr + ending.stdout).not.toContain(value);
  await expect(readdir(dataDir)).rejects.toThrow('ENOENT');
});

const expectRefusal = async (dataDir: string, environment: Record<string, string>, words: RegExp): Promise<void> => {
  const ending = await runToEnd(dataDir, environment);
  expect(ending.code).toBe(1);
  expect(sentencesOf(ending)).toHaveLength(1);
  expect(sentencesOf(ending)[0]).toMatch(words);
  expect(ending.stdout).not.toContain('ready');
  expect(listProcessesOf(dataDir).map(({ argv }) => argv.join(' '))).toEqual([]);
};

test('a port that is taken is named', async () => {
  const port = await findFreePort();
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  await expectRefusal(await openDir(), { ...QUIET, PORT: String(port) }, new RegExp(`Port ${port} .*already in use`));
});

test('a data directory of another core is left alone', async () => {
  const dataDir = await openDir();
  const first = await open(dataDir);
  const ending = await runToEnd(dataDir, QUIET);
  expect(ending.code).toBe(1);
  expect(sentencesOf(ending)).toHaveLength(1);
  expect(sentencesOf(ending)[0]).toMatch(/^Another Server Box \(process \d+\) is running/);
  expect(sentencesOf(ending)[0]).toContain(dataDir);
  expect((await ask(first, '/health')).status).toBe(200);
  expect(await first.stop()).toBe(0);
  expect(first.errors()).toEqual([]);
});

test('a data directory that cannot be made is named', async () => {
  const file = join(await openDir(), 'a-file');
  await writeFile(file, '');
  const ending = await runToEnd(join(file, 'data'), QUIET);
  expect(ending.code).toBe(1);
  expect(sentencesOf(ending)).toHaveLength(1);
  expect(sentencesOf(ending)[0]).toContain(file);
});

/** What an operator could count, before and after a start that must change nothing. */
const countRows = async (box: Box): Promise<object> => {
  const { accessToken: token } = await signIn(box);
  const { body: sessions } = await ask(box, '/api/sessions', { token });
  const { body: audit } = await ask(box, '/api/audit?limit=200', { token });
  const items = (audit as { items: { phase: string; action: string }[] }).items;
  await ask(box, '/auth/logout', { method: 'POST', token, body: {} });
  return {
    sessions: (sessions as { items: unknown[] }).items.length,
    setups: items.filter((i) => i.action === 'auth.setup').length,
  };
};

test.each(['is missing', 'is another one', 'is damaged', 'can be read by others'])(
  'data whose master key %s are not touched',
  async (how) => {
    const dataDir = await openDir();
    const first = await open(dataDir);
    const before = await countRows(first);
    expect(await first.stop()).toBe(0);
    const path = join(dataDir, 'master.key');
    await rename(path, `${path}.kept`);
    if (how === 'is another one') await writeFile(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
    if (how === 'is damaged') await writeFile(path, 'not a key\n', { mode: 0o600 });
    if (how === 'can be read by others') await writeFile(path, await readFile(`${path}.kept`), { mode: 0o644 });
    const files = (await readdir(dataDir)).sort();

    await expectRefusal(dataDir, QUIET, /master key/);
    // No key was made in place of the lost one: it would look like a successful start.
    expect((await readdir(dataDir)).sort()).toEqual(files);

    await rm(path, { force: true });
    await rename(`${path}.kept`, path);
    const again = await open(dataDir);
    expect(await countRows(again)).toEqual(before);
    expect(await again.stop()).toBe(0);
  },
);

test('a key from the environment that differs from the file is refused', async () => {
  const dataDir = await openDir();
  const first = await open(dataDir);
  expect(await first.stop()).toBe(0);
  const other = { ...QUIET, SERVERBOX_MASTER_KEY: randomBytes(32).toString('hex') };
  await expectRefusal(dataDir, other, /SERVERBOX_MASTER_KEY/);
});

test('AN-16 of twenty who set up at once exactly one becomes the administrator, and nobody afterwards', async () => {
  const dataDir = await openDir();
  const box = await open(dataDir, { SERVERBOX_LOCAL_NODE: 'off' });
  const setUp = (n: number) =>
    ask(box, '/api/setup', {
      method: 'POST',
      body: { code: box.setupCode, email: `admin${n}@example.org`, password: 'correct horse battery' },
    });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => setUp(n)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  for (const { status } of answers) expect([200, 401, 409, 429]).toContain(status);
  expect((await ask(box, '/api/setup')).body).toEqual({ needed: false, hasSession: false });
  await box.kill();
  const again = await open(dataDir, { SERVERBOX_LOCAL_NODE: 'off' });
  expect(again.setupCode).toBeUndefined();
  expect(
    (
      await ask(again, '/api/setup', {
        method: 'POST',
        body: { code: box.setupCode, email: 'x@example.org', password: 'correct horse battery' },
      })
    ).status,
  ).toBe(409);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends it cleanly within ten seconds, whoever is connected',
  async (signal) => {
    const dataDir = await openDir();
    const box = await open(dataDir, WITH_ADMIN);
    const { accessToken: token } = await signIn(box);
    const events = fetch(`${box.url}/api/events?topics=nodes`, { headers: { authorization: `Bearer ${token}` } });
    const stream = await events;
    expect(stream.status).toBe(200);
    const before = performance.now();
    expect(await box.stop(signal)).toBe(0);
    expect(performance.now() - before).toBeLessThan(10_000);
    await stream.text().catch(() => undefined);
    expect(box.errors()).toEqual([]);
    expect(listProcessesOf(dataDir).map(({ argv }) => argv.join(' '))).toEqual([]);
  },
);
