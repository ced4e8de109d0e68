/** Two cores on one PostgreSQL and one Redis of the owner's: they are one Server Box, and what Redis forgets harms nobody. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pause, resume } from '../../lab/faults/processes.ts';
import type { PostgresServer } from '../../lab/postgres.ts';
import { startPostgres } from '../../lab/postgres.ts';
import type { RedisServer } from '../../lab/redis.ts';
import { startRedis } from '../../lab/redis.ts';
import type { TempDir } from '../../lab/temp-dir.ts';
import type { Box } from '../e2e/box.ts';
import { ADMIN, openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { ask, signIn } from './client.ts';

const SETTLE = { timeout: 20_000, interval: 100 };
const MAX_MS = 5000;

let postgres: PostgresServer;
let redis: RedisServer;
let dirs: TempDir[];
let cores: [Box, Box];

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  dirs = [await openDataDir(), await openDataDir()];
  const servers = {
    ...{ DATABASE_URL: postgres.url, REDIS_URL: redis.url, SERVERBOX_LOCAL_NODE: 'off' },
    SERVERBOX_MASTER_KEY: randomBytes(32).toString('hex'),
  };
  const open = (dir: TempDir | undefined) => startBox(dir?.path ?? '', { ...WITH_ADMIN, ...servers });
  const first = await open(dirs[0]);
  cores = [first, await open(dirs[1])];
});
afterAll(async () => {
  for (const core of cores ?? []) await core.stop();
  for (const dir of dirs ?? []) await dir.remove();
  await redis?.stop();
  await postgres?.stop();
});

const statusOfMe = async (core: Box, token: string) => (await ask(core, '/auth/me', { token })).status;
const openEvents = async (core: Box, token: string): Promise<{ text: Promise<string> }> => {
  const response = await fetch(`${core.url}/api/events?topics=nodes`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  return { text: response.text() };
};
const logOut = (core: Box, token: string) => ask(core, '/auth/logout', { method: 'POST', token, body: {} });

/** The answers to each command, in the protocol's own words. */
const flushRedis = (): Promise<string> => {
  const { hostname, port, password } = new URL(redis.url);
  const socket = connect(Number(port), hostname);
  socket.write(`AUTH ${password}\r\nFLUSHALL\r\nQUIT\r\n`);
  return readText(socket);
};

test('one account, one set of sessions: what is signed in here is signed in there', async () => {
  for (const core of cores) expect((await ask(core, '/health')).body).toMatchObject({ status: 'ok' });
  const { accessToken } = await signIn(cores[0]);
  expect(await statusOfMe(cores[1], accessToken)).toBe(200);
  await logOut(cores[1], accessToken);
  expect(await statusOfMe(cores[0], accessToken)).toBe(401);
});

test('WS-4 a logout at one core ends the streams at the other', async () => {
  const { accessToken } = await signIn(cores[0]);
  const { text } = await openEvents(cores[1], accessToken);
  await logOut(cores[0], accessToken);
  expect(await text).toContain('{"type":"signed_out","reason":"logout"}');
});

test('AN-10 guesses at both cores are counted together', async () => {
  const body = { email: 'nobody@example.org', password: 'a wrong password' };
  const statuses: number[] = [];
  for (let guess = 0; guess < 6; guess += 1) {
    const core = cores[guess % 2 === 0 ? 0 : 1];
    statuses.push((await ask(core, '/auth/login', { method: 'POST', body })).status);
  }
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
});

test('RE-1 a Redis that was emptied revives no session and forgets no revocation', async () => {
  const [ended, alive] = [await signIn(cores[0]), await signIn(cores[0])];
  await logOut(cores[0], ended.accessToken);
  expect(await flushRedis()).toBe('+OK\r\n'.repeat(3));
  for (const core of cores) {
    expect(await statusOfMe(core, ended.accessToken)).toBe(401);
    expect(await statusOfMe(core, alive.accessToken)).toBe(200);
  }
});

test('RE-1 while Redis hangs, sessions hold, guessing is refused and a revocation still ends streams elsewhere', async () => {
  const { accessToken } = await signIn(cores[0]);
  const witness = await signIn(cores[0]);
  const { text } = await openEvents(cores[1], accessToken);
  await pause([redis.pid]);
  try {
    await expect.poll(async () => (await ask(cores[1], '/health')).status, SETTLE).toBe(503);
    expect(await statusOfMe(cores[1], witness.accessToken)).toBe(200);
    const refused = await ask(cores[1], '/auth/login', { method: 'POST', body: ADMIN });
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'database_unavailable' } } });
    const endedAt = performance.now();
    expect((await logOut(cores[0], accessToken)).status).toBe(200);
    expect(await Promise.race([text, sleep(2 * MAX_MS, 'nothing')])).toContain('"type":"signed_out"');
    expect(performance.now() - endedAt).toBeLessThan(MAX_MS);
  } finally {
    resume([redis.pid]);
  }
  for (const core of cores) await expect.poll(async () => (await ask(core, '/health')).status, SETTLE).toBe(200);
  expect((await signIn(cores[1])).accessToken).not.toBe('');
  expect(await statusOfMe(cores[1], accessToken)).toBe(401);
});
