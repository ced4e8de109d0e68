import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { TempDir } from '../../lab/temp-dir.ts';
import type { Box } from '../../test/e2e/box.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../../test/e2e/box.ts';
import { ask, signIn } from '../../test/surface/client.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
let dataDir: TempDir;
let box: Box;
let token: string;
let nodeName: string;

beforeAll(async () => {
  dataDir = await openDataDir();
  box = await startBox(dataDir.path, WITH_ADMIN);
  token = (await signIn(box)).accessToken;
  nodeName = await vi.waitFor(
    async () => {
      const { body } = await ask(box, '/api/nodes', { token });
      const [node] = (body as { items: { name: string; via: string | null; ways: { state: string }[] }[] }).items;
      expect(node?.ways[0]?.state).toBe('up');
      return node?.name ?? '';
    },
    { timeout: 30_000, interval: 100 },
  );
});
afterAll(async () => {
  expect(await box.stop()).toBe(0);
  expect(box.errors()).toEqual([]);
  await dataDir.remove();
});

const run = async (args: string[], input = '') => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, '--url', box.url, ...args], {
    env: { PATH: process.env.PATH, SERVERBOX_TOKEN: token },
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text.stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text.stderr += part;
  });
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...text };
};
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(['--json', ...args]);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
};

test('a node is tagged, noted, made a favourite and renamed, and shows it', async () => {
  expect(await json('nodes', 'tag', nodeName, '--add', 'Env:Prod', '--add', 'web')).toMatchObject({
    items: [{ ok: true, message: null }],
  });
  expect((await run(['nodes', 'note', nodeName, '--set'], 'Ask Ann.\nTwice.\n')).code).toBe(0);
  expect((await run(['nodes', 'note', nodeName])).stdout).toBe('Ask Ann.\nTwice.\n');
  await json('nodes', 'favourite', nodeName);
  await json('nodes', 'rename', nodeName, 'here');
  const shown = await json('nodes', 'show', 'here');
  expect(shown).toMatchObject({ name: 'here', tags: ['env:prod', 'web'], isFavourite: true, note: 'Ask Ann.\nTwice.' });
  expect((await run(['nodes', 'show', 'here'])).stdout).toMatch(/Way in use +agent: The agent is connected/);
  await json('nodes', 'rename', 'here', nodeName);
});

test('a command on a node writes what it wrote, and its failure is an exit code', async () => {
  expect(await run(['nodes', 'exec', nodeName, '--', 'printf', '%s', '--json $HOME'])).toEqual({
    ...{ code: 0, stdout: '--json $HOME', stderr: '' },
  });
  expect(await run(['nodes', 'exec', nodeName, '--', 'sh', '-c', 'echo no >&2; exit 7'])).toEqual({
    ...{ code: 1, stdout: '', stderr: 'no\nIt ended with exit code 7.\n' },
  });
});

test('the doctor tells each hop to a node and gives its verdict', async () => {
  const report = await json('nodes', 'doctor', nodeName);
  expect(report.hops.filter(({ result }: { result: string }) => result === 'failed')).toEqual([]);
  const { stdout } = await run(['nodes', 'doctor', nodeName]);
  expect(stdout).toMatch(/^WAY +HOP +RESULT +WHAT\n/);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(report.verdict);
});

test('a fleet command goes to the nodes of a group, is waited for, listed and shown', async () => {
  await json('nodes', 'tag', nodeName, '--add', 'fleet');
  expect(await json('groups', 'create', 'The fleet', '--tag', 'fleet', '--tag', 'spare', '--any')).toMatchObject({
    ...{ name: 'The fleet', nodeCount: 1, rule: { match: 'any', tags: ['fleet', 'spare'] } },
  });
  const script = await run(['--json', 'runs', 'start', '--group', 'The fleet', '--script', '-'], 'echo "$((6*7))"');
  expect(script.code).toBe(0);
  const { id, targets } = JSON.parse(script.stdout);
  expect(targets).toMatchObject([{ nodeName, outcome: 'exited', exitCode: 0, stdout: '42\n' }]);
  expect((await run(['runs', 'show', id, '--node', nodeName])).stdout).toBe('42\n');
  expect((await json('runs', 'list')).items).toMatchObject([{ id, counts: { succeeded: 1 } }]);
  const failed = await run(['runs', 'start', '--all', '--', 'sh', '-c', 'exit 3']);
  expect([failed.code, failed.stdout]).toEqual([1, expect.stringContaining('exit code 3')]);

  const begun = await run(['runs', 'start', '--tag', 'fleet', '--detach', '--', 'sleep', '30']);
  const runId = begun.stdout.trim();
  await json('runs', 'cancel', runId);
  await vi.waitFor(async () => expect((await json('runs', 'show', runId)).counts).toMatchObject({ cancelled: 1 }), {
    timeout: 15_000,
  });
  await json('groups', 'update', 'The fleet', '--name', 'Fleet');
  expect((await run(['groups', 'list'])).stdout).toMatch(/^NAME +NODES +TAGS\nFleet +1 +fleet or spare\n$/);
  await json('groups', 'remove', 'Fleet');
});

test.each<[string, string[], number, RegExp]>([
  ['a node that is not there', ['nodes', 'show', 'nowhere'], 5, /^not_found: No node is called nowhere\./],
  ['a tag that is none', ['nodes', 'tag', 'x', '--add', '-'], 2, /./],
  ['a removal without --yes', ['nodes', 'remove', 'x'], 2, /--yes/],
  ['no node chosen', ['runs', 'start', '--', 'true'], 2, /No node is chosen/],
  ['a program and a script', ['runs', 'start', '--all', '--script', 'x', '--', 'true'], 2, /either/],
  ['an id that is none', ['runs', 'show', 'x'], 2, /not the id/],
  ['an unknown verb', ['nodes', 'fly'], 2, /unknown command/],
])('%s is refused with its sentence', async (_, args, code, said) => {
  const answer = await run(args);
  expect([answer.code, answer.stdout]).toEqual([code, '']);
  expect(answer.stderr).toMatch(said);
});

test('the machine of the core itself is not removed', async () => {
  expect(await run(['nodes', 'remove', nodeName, '--yes'])).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('SERVERBOX_LOCAL_NODE=off') },
  });
});
