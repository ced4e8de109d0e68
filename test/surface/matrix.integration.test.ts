import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeSurface } from '../../core/src/describe-surface.ts';
import type { TempDir } from '../../lab/temp-dir.ts';
import type { Box } from '../e2e/box.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';
import type { Answer } from './client.ts';
import { ask, askProcedure, askUpgrade, signIn } from './client.ts';
import { ACTS, NOWHERE, QUERIES, restOf, STREAMS } from './inputs.ts';

const SURFACE = describeSurface();
const PROCEDURES = SURFACE.filter(({ kind }) => ['open', 'read', 'act'].includes(kind));
const OPEN = PROCEDURES.filter(({ kind }) => kind === 'open').map(({ name }) => name);

let dataDir: TempDir;
let box: Box;
let token: string;

beforeAll(async () => {
  dataDir = await openDataDir();
  box = await startBox(dataDir.path, { ...WITH_ADMIN, SERVERBOX_LOCAL_NODE: 'off' });
  token = (await signIn(box)).accessToken;
});
afterAll(async () => {
  expect(await box.stop()).toBe(0);
  await dataDir.remove();
  expect(box.errors()).toEqual([]);
});

const inputOf = (name: string) => (QUERIES[name] ?? ACTS[name])?.(NOWHERE) ?? {};
const call = (name: string, as?: string, more: object = {}): Promise<Answer> =>
  askProcedure(box, { name, isQuery: name in QUERIES, input: { ...inputOf(name), ...more }, token: as });

/** Tokens that look right and are not. */
const GARBAGE = ['garbage', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIwMTkwYTBhMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDAifQ.'];

test('AZ-1 the open procedures are these and no other', () => {
  expect(OPEN).toEqual([
    'agents.challenge',
    'agents.enroll',
    'auth.login',
    'auth.refresh',
    'auth.setup',
    'auth.setupState',
    'health.get',
  ]);
});

test('AZ-1 every procedure and stream has an input in the matrix', () => {
  expect([...Object.keys(QUERIES), ...Object.keys(ACTS)].sort()).toEqual(PROCEDURES.map(({ name }) => name).sort());
  const streams = SURFACE.filter((entry) => !PROCEDURES.includes(entry)).map(({ name }) => name);
  expect(Object.keys(STREAMS).sort()).toEqual(streams.sort());
});

describe.each(PROCEDURES.filter(({ name }) => !OPEN.includes(name)))('AZ-1 $name', ({ name, method, path }) => {
  test('is refused to who is not signed in', async () => {
    const answers = [await call(name), ...(await Promise.all(GARBAGE.map((garbage) => call(name, garbage))))];
    for (const garbage of GARBAGE) {
      const headers = { cookie: `serverbox_access=${garbage}`, origin: box.url };
      answers.push(
        await ask(box, `/trpc/${name}?input=${encodeURIComponent(JSON.stringify(inputOf(name)))}`, { headers }),
      );
    }
    // A mutation asked for by GET is refused for its verb, before anybody is asked for.
    const expected = name in QUERIES ? [401] : [401, 400];
    for (const { status } of answers) expect(expected).toContain(status);
    expect(answers[0]?.status).toBe(401);
  });

  test('is refused over REST to who is not signed in', async () => {
    if (method === undefined || path === undefined) throw new Error('has no REST');
    const { path: address, body } = restOf(path, method, inputOf(name));
    for (const as of [undefined, ...GARBAGE]) {
      const { status, body: answer } = await ask(box, address, { method, body, token: as });
      expect(status).toBe(401);
      expect(answer).toMatchObject({ error: { code: 'unauthenticated' } });
    }
  });

  test('is refused to who is not signed in before its input is looked at', async () => {
    if (method === undefined || path === undefined) throw new Error('has no REST');
    const wrong = encodeURIComponent('{"nonsense":true}');
    const { path: address } = restOf(path, method, inputOf(name));
    const answers = [
      name in QUERIES
        ? await ask(box, `/trpc/${name}?input=${wrong}`)
        : await ask(box, `/trpc/${name}`, { method: 'POST', body: '{ this is no JSON' }),
      method === 'GET'
        ? await ask(box, `${address}${address.includes('?') ? '&' : '?'}nonsense=true`)
        : await ask(box, address, { method, body: '{ this is no JSON' }),
      await ask(box, path.replaceAll(/\{\w+\}/g, 'no-id'), { method }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  });
});

/** What would be an option if it reached the words of a command. */
const OPTIONS = ['-oProxyCommand=id', '--upload-pack=id', '-v/:/h', '--privileged', '-'];
const idsOf = (input: object): string[] => Object.keys(input).filter((key) => /(^id|Id)s?$/.test(key));

test.each(PROCEDURES.flatMap(({ name }) => idsOf(inputOf(name)).map((id) => [name, id] as const)))(
  'IN-4 %s takes no option for %s',
  async (name, id) => {
    const isList = Array.isArray((inputOf(name) as Record<string, unknown>)[id]);
    for (const option of OPTIONS) {
      const answer = await call(name, token, { [id]: isList ? [option] : option });
      expect([option, answer.status]).toEqual([option, 400]);
    }
  },
);

const NAMING = PROCEDURES.map(({ name }) => name).filter((name) => 'name' in inputOf(name));

test.each(NAMING)('IN-4 %s takes no name that begins like an option', async (name) => {
  for (const option of OPTIONS) expect((await call(name, token, { name: option })).status).toBe(400);
});

describe.each(PROCEDURES.filter(({ kind }) => kind === 'act'))('AN-15 $name', ({ name, method = '', path = '' }) => {
  const sent = Object.entries({ none: undefined, null: 'null', foreign: 'https://evil.example' });
  test.each(sent)('is not done for a page whose origin is %s', async (_, origin) => {
    const headers = { cookie: `serverbox_access=${token}`, ...(origin !== undefined && { origin }) };
    const { path: address, body } = restOf(path, method, inputOf(name));
    const answers = [
      await ask(box, `/trpc/${name}`, { method: 'POST', headers, body: inputOf(name) }),
      await ask(box, `/trpc/${name}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'text/plain' },
        body: JSON.stringify(inputOf(name)),
      }),
      await ask(box, address, { method, headers, body }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    const byGet = `/trpc/${name}?input=${encodeURIComponent(JSON.stringify(inputOf(name)))}`;
    expect((await ask(box, byGet, { headers })).status).toBe(400);
  });
});

// Acts on the own account have no foreign target, and would end the session that the matrix uses.
test.each(PROCEDURES.filter(({ scope }) => scope === 'node'))(
  'AZ-1 $name is not found for a node that never was',
  async ({ name, method = '', path = '' }) => {
    expect((await call(name, token)).status).toBe(404);
    const { path: address, body } = restOf(path, method, inputOf(name));
    const rest = await ask(box, address, { method, body, token });
    expect(rest).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  },
);

test('AZ-1 a session that is nobody’s or somebody else’s is not found', async () => {
  expect((await call('auth.revokeSession', token)).status).toBe(404);
});

const STREAM_ENTRIES = SURFACE.filter(({ kind }) => ['stream', 'socket', 'agent'].includes(kind));
type StreamEntry = (typeof STREAM_ENTRIES)[number];
const open = async ({ name, method = 'GET' }: StreamEntry, as?: string): Promise<number> => {
  const address = STREAMS[name]?.(NOWHERE) ?? '';
  if (method === 'WS') return askUpgrade(box, address, as);
  return (await ask(box, address, { method, token: as, body: method === 'POST' ? {} : undefined })).status;
};

/** While no machine reports by the push script its way is closed to everybody, before anybody is asked for. */
const refusalOf = ({ name }: StreamEntry): number => (name === 'POST /api/agents/docker/report' ? 503 : 401);

test.each(STREAM_ENTRIES)('AZ-1 $name is refused to who is not signed in', async (entry) => {
  for (const as of [undefined, ...GARBAGE]) expect(await open(entry, as)).toBe(refusalOf(entry));
});
test.each(STREAM_ENTRIES)(
  'AZ-1 $name is refused to who is not signed in before its input is looked at',
  async (entry) => {
    const address = entry.path?.replaceAll(/\{\w+\}/g, 'no-id') ?? '';
    const asked =
      entry.method === 'WS'
        ? askUpgrade(box, `${address}?nonsense=true`)
        : ask(box, `${address}?nonsense=true`, { method: entry.method ?? 'GET' });
    const answer = await asked;
    expect(typeof answer === 'number' ? answer : answer.status).toBe(refusalOf(entry));
  },
);
test.each(STREAM_ENTRIES.filter(({ scope, kind }) => scope === 'node' && kind !== 'agent'))(
  'AZ-1 $name is not found for a node that never was',
  async (entry) => {
    expect(await open(entry, token)).toBe(404);
  },
);
test.each(STREAM_ENTRIES.filter(({ kind }) => kind === 'agent'))(
  'AZ-1 $name is refused to a person: only an agent has its credential',
  async (entry) => {
    expect(await open(entry, token)).toBe(refusalOf(entry));
  },
);

test.each(PROCEDURES.map(({ name }) => name))('AZ-8 %s takes no field that it does not know', async (name) => {
  for (const field of ['role', 'createdBy', 'constructor']) {
    const answer = await call(name, token, { [field]: 'admin' });
    expect([field, answer.status]).toEqual([field, 400]);
  }
  // Written out: in an object literal the name would set the prototype instead.
  const text = JSON.stringify(inputOf(name)).replace(/^\{/, '{"__proto__":{"role":"admin"},').replace(',}', '}');
  const address = `/trpc/${name}`;
  const { status } =
    name in QUERIES
      ? await ask(box, `${address}?input=${encodeURIComponent(text)}`, { token })
      : await ask(box, address, { method: 'POST', token, body: text });
  expect(status).toBe(400);
});

test('AZ-8 a role is not among what one can be set up, signed in or preferred with', async () => {
  const { body } = await ask(box, '/auth/me', { token });
  const { status } = await ask(box, '/api/preferences', {
    method: 'PUT',
    token,
    body: { ...ACTS['auth.setPreferences']?.(NOWHERE), permissions: [] },
  });
  expect(status).toBe(400);
  expect((await ask(box, '/auth/me', { token })).body).toEqual(body);
});
