import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { TempDir } from '../../lab/temp-dir.ts';
import type { Box } from '../e2e/box.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { ask, signIn } from './client.ts';

const QUIET = { ...WITH_ADMIN, SERVERBOX_LOCAL_NODE: 'off' };
let dataDir: TempDir;
let box: Box;

beforeAll(async () => {
  dataDir = await openDataDir();
  box = await startBox(dataDir.path, QUIET);
});
afterAll(async () => {
  expect(await box.stop()).toBe(0);
  await dataDir.remove();
});

const guess = (target: Box, headers: Record<string, string>) =>
  ask(target, '/auth/login', { method: 'POST', headers, body: { email: 'nobody@example.org', password: 'a guess' } });

test('AN-19 a made-up address neither escapes the limit nor enters the trail', async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 6; n += 1) {
    const headers = {
      'x-forwarded-for': `203.0.113.${n}`,
      'x-real-ip': `203.0.113.${n}`,
      forwarded: `for=203.0.113.${n}`,
      'cf-connecting-ip': `203.0.113.${n}`,
    };
    statuses.push((await guess(box, headers)).status);
  }
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  const { accessToken: token } = await signIn(box);
  const { body } = await ask(box, '/api/audit?limit=50', { token });
  expect(JSON.stringify(body)).not.toContain('203.0.113');
  expect((body as { items: { ip: string }[] }).items.map(({ ip }) => ip)).toContain('127.0.0.1');
});

test('AN-19 a configured proxy is believed, and only as far as it wrote the header itself', async () => {
  const dir = await openDataDir();
  const behind = await startBox(dir.path, { ...QUIET, SERVERBOX_TRUSTED_PROXIES: '127.0.0.1' });
  onTestFinished(async () => {
    await behind.kill();
    await dir.remove();
  });
  // The client wrote the first part, the proxy added the last.
  for (let n = 0; n < 5; n += 1) await guess(behind, { 'x-forwarded-for': `198.51.100.${n}, 203.0.113.7` });
  expect((await guess(behind, { 'x-forwarded-for': '198.51.100.99, 203.0.113.7' })).status).toBe(429);
  expect((await guess(behind, { 'x-forwarded-for': '203.0.113.8' })).status).toBe(401);
  const { accessToken: token } = await signIn(behind);
  const text = JSON.stringify((await ask(behind, '/api/audit?limit=50', { token })).body);
  expect(text).toContain('203.0.113.7');
  expect(text).not.toContain('198.51.100');
});

test('AN-15 nothing is done for a page of another origin that has the cookies', async () => {
  const { accessToken } = await signIn(box);
  const cookie = `serverbox_access=${accessToken}`;
  const theme = async () =>
    ((await ask(box, '/auth/me', { token: accessToken })).body as { preferences: { theme: string } }).preferences.theme;
  const before = await theme();
  const body = {
    theme: 'light',
    accent: 'rose',
    density: 'compact',
    fontSize: 'small',
    radius: 'none',
    motion: 'full',
  };
  const foreign: Record<string, string>[] = [
    { cookie, origin: 'https://evil.example' },
    { cookie, origin: 'null' },
    { cookie },
    { cookie, origin: 'https://evil.example', 'content-type': 'text/plain' },
    { cookie, origin: box.url.replace('127.0.0.1', 'localhost') },
  ];
  for (const headers of foreign) {
    expect((await ask(box, '/api/preferences', { method: 'PUT', headers, body })).status).toBe(403);
    expect((await ask(box, '/trpc/auth.setPreferences', { method: 'POST', headers, body })).status).toBe(403);
    expect((await ask(box, '/auth/logout', { method: 'POST', headers, body: {} })).status).toBe(403);
  }
  const asked = await ask(box, `/trpc/auth.setPreferences?input=${encodeURIComponent(JSON.stringify(body))}`, {
    headers: { cookie },
  });
  expect(asked.status).toBe(400);
  expect(await theme()).toBe(before);
});
