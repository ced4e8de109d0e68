/** Secrets are looked for in everything that the product writes, answers and starts, after it was used with them. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeSurface } from '../../core/src/describe-surface.ts';
import { listFamily } from '../../lab/faults/processes.ts';
import type { TempDir } from '../../lab/temp-dir.ts';
import type { Box } from '../e2e/box.ts';
import { openDataDir, startBox } from '../e2e/box.ts';
import { withStore } from '../faults/store.ts';
import type { Tokens } from './client.ts';
import { ask, askProcedure, untilLocalNode } from './client.ts';
import { ACTS, NOWHERE, QUERIES, restOf } from './inputs.ts';

const EMAIL = 'admin@example.org';
const canary = (name: string): string => `canary-${name}-${randomBytes(12).toString('hex')}`;
const SECRETS = {
  masterKey: randomBytes(32).toString('hex'),
  password: canary('first-password'),
  newPassword: canary('second-password'),
  wrongPassword: canary('wrong-password'),
  inAField: canary('in-an-unknown-field'),
  inABody: canary('in-a-broken-body'),
};

let dataDir: TempDir;
let box: Box;
let tokens: Tokens;
const answers: string[] = [];

const say = async (path: string, given: Parameters<typeof ask>[2] = {}) => {
  const answer = await ask(box, path, given);
  answers.push(`${JSON.stringify(answer.body)} ${JSON.stringify([...answer.headers])}`);
  return answer;
};

/** Signs in, changes the password, mistakes it, and puts secrets where they do not belong. */
beforeAll(async () => {
  dataDir = await openDataDir();
  box = await startBox(dataDir.path, {
    SERVERBOX_ADMIN_EMAIL: EMAIL,
    SERVERBOX_ADMIN_PASSWORD: SECRETS.password,
    SERVERBOX_MASTER_KEY: SECRETS.masterKey,
    LOG_LEVEL: 'debug',
  });
  const logIn = (password: string) => ask(box, '/auth/login', { method: 'POST', body: { email: EMAIL, password } });
  const first = (await logIn(SECRETS.password)).body as Tokens;
  await untilLocalNode(box, first.accessToken);
  const body = { currentPassword: SECRETS.password, newPassword: SECRETS.newPassword };
  await say('/auth/password', { method: 'POST', token: first.accessToken, body });
  await say('/auth/login', { method: 'POST', body: { email: EMAIL, password: SECRETS.wrongPassword } });
  await say('/auth/password', {
    method: 'POST',
    token: first.accessToken,
    body: { currentPassword: SECRETS.wrongPassword, newPassword: SECRETS.wrongPassword },
  });
  tokens = (await logIn(SECRETS.newPassword)).body as Tokens;
});
afterAll(async () => {
  await box.stop();
  await dataDir.remove();
});

const everything = (): [string, string][] => [
  ...Object.entries(SECRETS),
  ['accessToken', tokens.accessToken.split('.')[2] ?? ''],
  ['refreshToken', tokens.refreshToken.split('_').slice(3).join('_')],
];

/** In clear, and as it would stand in an address, in JSON, in hexadecimal or in base64. */
const spellings = (secret: string): Buffer[] => {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, -4),
  );
  return [bytes, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), bytes.toString('hex'), ...base64].map(
    (text) => Buffer.from(text),
  );
};
const namesFound = (where: Buffer): string[] =>
  everything().flatMap(([name, secret]) => (spellings(secret).some((text) => where.includes(text)) ? [name] : []));

test('the search finds a secret in each of its spellings', () => {
  for (const [name, secret] of everything()) {
    for (const text of [
      secret,
      Buffer.from(secret).toString('hex'),
      Buffer.from(`{"a":"${secret}"}`).toString('base64'),
    ])
      expect(namesFound(Buffer.from(`x${text}x`))).toContain(name);
  }
});

test('SE-1 SE-7 no answer repeats a secret that it was sent, whatever is wrong with it', async () => {
  const { accessToken: token } = tokens;
  for (const { name, kind, method, path } of describeSurface()) {
    if (method === undefined || path === undefined || !['open', 'read', 'act'].includes(kind)) continue;
    if (name === 'auth.logout' || name === 'auth.revokeOtherSessions') continue;
    const input = { ...(QUERIES[name] ?? ACTS[name])?.(NOWHERE), unexpected: SECRETS.inAField };
    const answer = await askProcedure(box, { name, isQuery: name in QUERIES, input, token });
    answers.push(JSON.stringify(answer.body));
    const rest = restOf(path, method, input);
    await say(rest.path, { method, token, body: method === 'GET' ? undefined : `{"a": "${SECRETS.inABody}" broken` });
  }
  expect(answers.length).toBeGreaterThan(40);
  expect(namesFound(Buffer.from(answers.join('\n')))).toEqual([]);
});

const listFiles = async (dir: string): Promise<string[]> => {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
};

test('SE-1 no file of the data directory, no log line and no row of the database holds a secret', async () => {
  await withStore(dataDir.path, (client) => client.query('CHECKPOINT'));
  const files = await listFiles(dataDir.path);
  expect(files.some((path) => path.includes('pg_wal'))).toBe(true);
  const hits: string[] = [];
  for (const path of files) {
    if ((await stat(path).catch(() => undefined)) === undefined) continue;
    const found = namesFound(await readFile(path));
    if (found.length > 0) hits.push(`${path}: ${found.join(', ')}`);
  }
  expect(hits).toEqual([]);
  expect(box.log()).toContain('"level":"debug"');
  expect(namesFound(Buffer.from(box.log()))).toEqual([]);
});

test('SE-1 no program that the core starts is given a secret', async () => {
  const [core, ...children] = listFamily(box.process.pid ?? 0);
  expect(children.length).toBeGreaterThan(2);
  expect(namesFound(Buffer.from((core?.argv ?? []).join('\0')))).toEqual([]);
  for (const { pid, argv } of children) {
    const environment = await readFile(`/proc/${pid}/environ`);
    expect([argv[0], namesFound(Buffer.concat([Buffer.from(argv.join('\0')), environment]))]).toEqual([argv[0], []]);
  }
});
