import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runContainer } from '../../lab/containers.ts';
import type { DockerdPlace, DockerdState } from '../../lab/dockerd.ts';
import { startDockerd, stopDockerd } from '../../lab/dockerd.ts';
import { connectEngine } from '../../lab/engine.ts';
import { listProcessesOf } from '../../lab/faults/processes.ts';
import { ensureImage } from '../../lab/image.ts';
import type { TempDir } from '../../lab/temp-dir.ts';
import { openTempDir } from '../../lab/temp-dir.ts';
import type { Box } from '../e2e/box.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { setDockerSocket } from '../e2e/docker-socket.ts';
import { ask, signIn } from './client.ts';

/** An engine that nobody else uses: it is stopped and started here. */
let engineDir: TempDir;
let place: DockerdPlace;
let dockerd: DockerdState;
let dataDir: TempDir;
let box: Box;
let token: string;

const SETTLE = { timeout: 30_000, interval: 100 };

beforeAll(async () => {
  engineDir = await openTempDir('engine');
  place = { dir: join(engineDir.path, 'docker'), bridge: 'sbxsurf0', bridgeAddress: '198.18.251.1/24' };
  dockerd = await startDockerd(place);
  const engine = connectEngine(dockerd.socketPath);
  await ensureImage(engine);
  await runContainer(engine, { name: 'steady', command: ['sleep', '1000000'] });
  dataDir = await openDataDir();
  const first = await startBox(dataDir.path, WITH_ADMIN);
  await setDockerSocket(first, dataDir.path, dockerd.socketPath);
  await restart();
});
afterAll(async () => {
  await box?.stop();
  await dataDir?.remove();
  if (dockerd !== undefined) await stopDockerd(dockerd);
  await engineDir?.remove();
});

const restart = async (): Promise<void> => {
  box = await startBox(dataDir.path);
  token = (await signIn(box)).accessToken;
};

interface NodeRow {
  id: string;
  status: { state: string };
}
interface Listed {
  items: { observedAt: string; value: { name: string; state: string } }[];
  problems: { code: string; message: string }[];
}

const nodeOf = async (): Promise<NodeRow | undefined> =>
  ((await ask(box, '/api/nodes', { token })).body as { items: NodeRow[] }).items[0];
const isOnline = async (): Promise<boolean> =>
  ['online', 'warning', 'critical'].includes((await nodeOf())?.status.state ?? '');
const list = async (): Promise<Listed> => (await ask(box, '/api/containers', { token })).body as Listed;
const stateOf = async (): Promise<string | undefined> =>
  (await list()).items.find(({ value }) => value.name === 'steady')?.value.state;

test('killed, it starts again with its data, and sessions go on', async () => {
  const session = await signIn(box);
  await expect.poll(isOnline, SETTLE).toBe(true);
  await box.kill();
  box = await startBox(dataDir.path);
  expect((await ask(box, '/auth/me', { token: session.accessToken })).status).toBe(200);
  const refreshed = await ask(box, '/auth/refresh', { method: 'POST', body: { refreshToken: session.refreshToken } });
  expect(refreshed.status).toBe(200);
  await expect.poll(isOnline, SETTLE).toBe(true);
  // The agent of the killed core has gone or was replaced: two would fight over one link.
  await expect
    .poll(() => listProcessesOf(dataDir.path).filter(({ argv }) => argv[0]?.endsWith('serverbox-agent')).length, SETTLE)
    .toBe(1);
  expect(box.errors()).toEqual([]);
});

test('an agent that was killed is started again and its node is back', async () => {
  await expect.poll(isOnline, SETTLE).toBe(true);
  const agentOf = () => listProcessesOf(dataDir.path).find(({ argv }) => argv[0]?.endsWith('serverbox-agent'))?.pid;
  const before = agentOf();
  expect(before).toBeDefined();
  process.kill(before ?? 0, 'SIGKILL');
  await expect
    .poll(async () => agentOf() !== undefined && agentOf() !== before && (await isOnline()), SETTLE)
    .toBe(true);
  const { id } = (await nodeOf()) ?? { id: '' };
  await expect
    .poll(
      async () => (await ask(box, `/api/nodes/${id}/exec`, { method: 'POST', token, body: { argv: ['true'] } })).body,
      SETTLE,
    )
    .toMatchObject({ exitCode: 0 });
});

test('containers are stale while Docker is stopped, never gone, and fresh once it is back', async () => {
  await expect.poll(stateOf, SETTLE).toBe('running');
  expect((await list()).problems).toEqual([]);
  const seenAt = (await list()).items[0]?.observedAt ?? '';

  process.kill(dockerd.pid, 'SIGTERM');
  await expect
    .poll(async () => (await list()).problems.map(({ code }) => code), SETTLE)
    .toEqual(['docker_unavailable']);
  expect((await list()).items.map(({ value }) => value.name)).toEqual(['steady']);
  const { id } = (await nodeOf()) ?? { id: '' };
  const stopped = await ask(box, `/api/nodes/${id}/containers/${'0'.repeat(64)}/start`, {
    method: 'POST',
    token,
    body: {},
  });
  expect(stopped).toMatchObject({ status: 503, body: { error: { code: 'docker_unavailable' } } });
  expect(await isOnline()).toBe(true);

  dockerd = await startDockerd(place);
  await expect.poll(async () => (await list()).problems, SETTLE).toEqual([]);
  await expect.poll(stateOf, SETTLE).toBe('exited');
  expect(((await list()).items[0]?.observedAt ?? '') > seenAt).toBe(true);
});

test('a database that was killed comes back by itself', async () => {
  const [pid] = readFileSync(join(dataDir.path, 'postgres/data/postmaster.pid'), 'utf8').split('\n');
  process.kill(Number(pid), 'SIGKILL');
  await expect.poll(async () => (await ask(box, '/health')).status, SETTLE).toBe(503);
  await expect.poll(async () => (await ask(box, '/health')).status, SETTLE).toBe(200);
  expect((await ask(box, '/auth/me', { token })).status).toBe(200);
  await expect.poll(isOnline, SETTLE).toBe(true);
  expect((await ask(box, '/api/audit', { token })).status).toBe(200);
});
