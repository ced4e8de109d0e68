/** What ends with a session: every stream that it opened, within five seconds, however the session ended. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { listProcessesOf } from '../../lab/faults/processes.ts';
import type { TempDir } from '../../lab/temp-dir.ts';
import type { Box } from '../e2e/box.ts';
import { ADMIN, openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { withStore } from '../faults/store.ts';
import type { Tokens } from './client.ts';
import { ask, signIn, untilLocalNode } from './client.ts';

const MAX_MS = 5000;
const SETTLE = { timeout: 30_000, interval: 50 };
const CLOSE_UNAUTHENTICATED = 4401;
const OTHER_PASSWORD = 'another long password';

let dataDir: TempDir;
let box: Box;
/** A session that is to outlive all others. */
let witness: Tokens;
let nodeId: string;

beforeAll(async () => {
  dataDir = await openDataDir();
  box = await startBox(dataDir.path, WITH_ADMIN);
  witness = await signIn(box);
  nodeId = await untilLocalNode(box, witness.accessToken);
});
afterAll(async () => {
  expect(await box.stop()).toBe(0);
  await dataDir.remove();
});

const openEvents = async (token: string) => {
  const response = await fetch(`${box.url}/api/events?topics=nodes`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  return response.text();
};

/** A shell in which a program runs that can be found again. */
const openShell = async (token: string, mark: string) => {
  const url = `${box.url.replace('http', 'ws')}/api/nodes/${nodeId}/terminal`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
  const closed = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'message');
  socket.send(Buffer.from(`cd ${dataDir.path} && exec -a ${mark} sleep 600\n`));
  const isRunning = (): boolean => listProcessesOf(dataDir.path).some(({ argv }) => argv[0] === mark);
  await expect.poll(isRunning, SETTLE).toBe(true);
  return { socket, closed, isRunning };
};

const idOf = ({ refreshToken }: Tokens): string => /^sbr_([0-9a-f-]{36})_/.exec(refreshToken)?.[1] ?? '';
const changePassword = async ({ accessToken: token }: Tokens, currentPassword: string, newPassword: string) =>
  expect(
    (await ask(box, '/auth/password', { method: 'POST', token, body: { currentPassword, newPassword } })).status,
  ).toBe(200);

const ENDINGS: [string, (session: Tokens) => Promise<unknown>][] = [
  ['a logout', ({ accessToken: token }) => ask(box, '/auth/logout', { method: 'POST', token, body: {} })],
  [
    'a revocation from elsewhere',
    (session) => ask(box, `/api/sessions/${idOf(session)}`, { method: 'DELETE', token: witness.accessToken, body: {} }),
  ],
  [
    'AN-3 the return of an old refresh token',
    async ({ refreshToken }) => {
      const renew = (token: string) => ask(box, '/auth/refresh', { method: 'POST', body: { refreshToken: token } });
      const second = (await renew(refreshToken)).body as Tokens;
      await renew(second.refreshToken);
      expect((await renew(refreshToken)).status).toBe(401);
    },
  ],
  ['a change of the password', () => changePassword(witness, ADMIN.password, OTHER_PASSWORD)],
  [
    'an end that nobody was told of',
    (session) =>
      withStore(dataDir.path, (client) =>
        client.query('UPDATE sessions SET revoked_at = now() WHERE id = $1', [idOf(session)]),
      ),
  ],
  [
    'its expiry',
    (session) =>
      withStore(dataDir.path, (client) =>
        client.query('UPDATE sessions SET expires_at = now() WHERE id = $1', [idOf(session)]),
      ),
  ],
];

test.each(ENDINGS)('WS-4 %s ends events with a word, and shells with their programs', async (how, end) => {
  const session = await signIn(box);
  const mark = `ends-by-${ENDINGS.findIndex(([name]) => name === how)}`;
  const events = openEvents(session.accessToken);
  const shell = await openShell(session.accessToken, mark);
  const mine = await openShell(witness.accessToken, `${mark}-witness`);

  const endedAt = performance.now();
  await end(session);
  expect(await shell.closed).toBe(CLOSE_UNAUTHENTICATED);
  expect(await events).toMatch(/^data: \{"type":"signed_out","reason":"[^"]+"\}\n\n$/m);
  expect(performance.now() - endedAt).toBeLessThan(MAX_MS);
  await expect.poll(shell.isRunning, { timeout: MAX_MS }).toBe(false);
  expect((await ask(box, '/auth/me', { token: session.accessToken })).status).toBe(401);

  expect(mine.isRunning()).toBe(true);
  mine.socket.terminate();
  if (how === 'a change of the password') await changePassword(witness, OTHER_PASSWORD, ADMIN.password);
});
