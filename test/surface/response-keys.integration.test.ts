import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeContainer } from '../../lab/containers.ts';
import type { LabDocker } from '../../lab/docker.ts';
import { ensureDockerd } from '../../lab/docker.ts';
import { connectEngine } from '../../lab/engine.ts';
import { ensureImage, LAB_IMAGE } from '../../lab/image.ts';
import type { TempDir } from '../../lab/temp-dir.ts';
import type { Box } from '../e2e/box.ts';
import { ADMIN, openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { watchDocker } from '../e2e/docker-socket.ts';
import { ask, askProcedure, signIn } from './client.ts';
import type { Target } from './inputs.ts';
import { QUERIES } from './inputs.ts';

const NAME = 'surface-keys';
const CANARY = 'canary-6f1d2a9b';
let docker: LabDocker;
let dataDir: TempDir;
let box: Box;
let token: string;
let target: Target;

const untilAnswer = async (path: string, isIt: (body: unknown) => boolean): Promise<unknown> => {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { body } = await ask(box, path, { token });
    if (isIt(body)) return body;
    if (Date.now() > deadline) throw new Error(`${path} stayed ${JSON.stringify(body).slice(0, 500)}`);
    await sleep(100);
  }
};

const findContainer = (body: unknown, id: string) =>
  (body as { items: { value: { id: string; nodeId: string; usage: unknown } }[] }).items.find(
    ({ value }) => value.id === id,
  )?.value;

beforeAll(async () => {
  docker = await ensureDockerd();
  const engine = connectEngine(docker.socketPath);
  await ensureImage(engine);
  const created = await engine.call('POST', `/containers/create?name=${NAME}-${process.pid}`, {
    Image: LAB_IMAGE,
    Cmd: ['sleep', '1000000'],
    Env: [`API_TOKEN=${CANARY}`],
    Labels: { 'org.example.password': CANARY },
    Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9 },
    ExposedPorts: { '80/tcp': {} },
    HostConfig: { Mounts: [{ Type: 'tmpfs', Target: '/scratch' }] },
  });
  const containerId = (created as { Id: string }).Id;
  await engine.call('POST', `/containers/${containerId}/start`);
  dataDir = await openDataDir();
  const first = await startBox(dataDir.path, WITH_ADMIN);
  box = await watchDocker({ box: first, dataDir: dataDir.path, socketPath: docker.socketPath });
  token = (await signIn(box)).accessToken;
  target = { nodeId: '', containerId, runId: '' };
  const listed = await untilAnswer('/api/containers', (body) => findContainer(body, containerId)?.usage != null);
  target.nodeId = findContainer(listed, containerId)?.nodeId ?? '';
  await untilAnswer(`/api/nodes/${target.nodeId}`, (body) => {
    const { detail, facts } = body as { detail: unknown; facts: unknown };
    return detail !== null && facts !== null;
  });
  const { nodeId } = target;
  await ask(box, `/api/nodes/${nodeId}`, { method: 'PATCH', token, body: { tags: ['surface'], note: 'A note' } });
  const rule = { match: 'all', tags: ['surface'] };
  await ask(box, '/api/groups', { method: 'POST', token, body: { name: 'surface', rule } });
  const command = { kind: 'argv', argv: ['true'] };
  const { body: run } = await ask(box, '/api/runs', { method: 'POST', token, body: { nodeIds: [nodeId], command } });
  target.runId = (run as { id: string }).id;
});
afterAll(async () => {
  await box?.stop();
  await dataDir?.remove();
  await removeContainer(connectEngine(docker.socketPath), target.containerId);
  await docker?.stop();
});

/** Maps whose keys are data: fields by name, labels, details of an act. */
const MAPS = new Set(['usage', 'labels', 'values', 'max', 'details', 'reading.value']);

/** Answered for other ways to a node; their own tests look at what they say. */
const ABSENT_HERE = ['push.container', 'push.containers', 'ssh.get'];

const pathsOf = (value: unknown, path: string): string[] => {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [path];
  if ([...MAPS].some((map) => path.endsWith(`.${map}`))) return [`${path}.*`];
  return Object.entries(value).flatMap(([key, item]) => pathsOf(item, `${path}.${key}`));
};

const listPaths = async (): Promise<string[]> => {
  const paths = new Set<string>();
  for (const [name, inputOf] of Object.entries(QUERIES)) {
    const { status, body } = await askProcedure(box, { name, isQuery: true, input: inputOf(target), token });
    if (ABSENT_HERE.includes(name)) {
      expect([name, status]).toEqual([name, 404]);
      continue;
    }
    expect([name, status]).toEqual([name, 200]);
    const { data } = (body as { result: { data: unknown } }).result;
    for (const path of pathsOf(data, name)) paths.add(path.replace(/\.(usage|reading|facts|detail)$/, '.$1.*'));
  }
  return [...paths].sort();
};

test('AZ-9 answers have these keys and no other', async () => {
  const paths = await listPaths();
  const ends = paths.map((path) => path.split('.').at(-1) ?? '');
  expect(ends.filter((key) => /hash|secret|token|password|credential|private|seal/i.test(key))).toEqual([]);
  // A machine without sensors, or a container without a volume, answers with fewer.
  const known = new Set(readFileSync(join(import.meta.dirname, 'response-keys.txt'), 'utf8').split('\n'));
  expect(paths.length).toBeGreaterThan(150);
  expect(
    paths.filter((path) => !known.has(path)),
    'a new key of an answer: may everybody who reads it see it? Then add it to response-keys.txt',
  ).toEqual([]);
});

test('AZ-9 no answer and no event holds a secret of a container or of the own account', async () => {
  for (const [name, inputOf] of Object.entries(QUERIES)) {
    const { body } = await askProcedure(box, { name, isQuery: true, input: inputOf(target), token });
    const text = JSON.stringify(body);
    expect([name, text.includes(CANARY)]).toEqual([name, false]);
    expect([name, text.includes(ADMIN.password) || text.includes('argon2')]).toEqual([name, false]);
  }
  expect(box.log()).not.toContain(CANARY);
  expect(box.log()).not.toContain(ADMIN.password);
});

test('AZ-9 tokens are answered by signing in and refreshing alone', async () => {
  const session = await signIn(box);
  expect(Object.keys(session).sort()).toEqual(['accessToken', 'expiresInSeconds', 'refreshToken', 'user']);
  const { body } = await ask(box, '/api/sessions', { token });
  const text = JSON.stringify(body);
  for (const part of [session.accessToken.split('.')[2] ?? '', session.refreshToken]) expect(text).not.toContain(part);
});
