import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Principal } from './ports.ts';
import { aPrincipal, NODE, openSurface } from './testing/surface.ts';

let surface: Awaited<ReturnType<typeof openSurface>>;
let principals: Map<string, Principal>;

beforeEach(async () => {
  principals = new Map([
    ['admin', aPrincipal()],
    ['reader', aPrincipal(['nodes.read'])],
  ]);
  surface = await openSurface(principals);
});
afterEach(() => surface.stop());

interface Ask {
  token?: string;
  cookie?: string;
  origin?: string;
  body?: unknown;
  text?: string;
  type?: string;
}
const ask = async (method: string, path: string, given: Ask = {}) => {
  const response = await fetch(`${surface.url}${path}`, {
    method,
    headers: {
      ...(given.token && { authorization: `Bearer ${given.token}` }),
      ...(given.cookie && { cookie: `serverbox_access=${given.cookie}` }),
      ...(given.origin && { origin: given.origin }),
      ...((given.body !== undefined || given.text !== undefined) && {
        'content-type': given.type ?? 'application/json',
      }),
    },
    ...(given.body !== undefined && { body: JSON.stringify(given.body) }),
    ...(given.text !== undefined && { body: given.text }),
  });
  const body = (await response.json()) as { error?: { code: string; message: string; requestId: string } } & Record<
    string,
    unknown
  >;
  return { status: response.status, body, code: body.error?.code, headers: response.headers };
};
const change = (given: Ask & { words?: string }) =>
  ask('POST', `/api/nodes/${NODE.id}/change`, { body: { words: given.words ?? 'new' }, ...given });

describe('a procedure as REST', () => {
  test('works, leaving intent and outcome', async () => {
    expect(await change({ token: 'admin' })).toMatchObject({ status: 200, body: { words: 'new' } });
    expect(surface.audit).toMatchObject([
      { phase: 'intent', action: 'test.change', target: `node:${NODE.id}` },
      { phase: 'ok', action: 'test.change' },
    ]);
  });

  test.each([
    ['a field too long', { body: { words: 'x'.repeat(11) } }],
    ['a missing field', { body: {} }],
    ['AZ-8 an unknown field', { body: { words: 'a', role: 'admin' } }],
    ['AZ-8 __proto__', { text: '{"words":"a","__proto__":{"isAdmin":true}}' }],
    ['no JSON', { text: '{' }],
    ['an array', { text: '[]' }],
    ['AN-15 text/plain', { text: '{"words":"a"}', type: 'text/plain' }],
    ['AZ-4 the path contradicted by the body', { body: { words: 'a', nodeId: NODE.id } }],
  ])('refuses %s with 400 and no effect', async (_, given) => {
    expect(await change({ token: 'admin', ...given })).toMatchObject({ status: 400, code: 'bad_request' });
    expect(surface.effects).toEqual([]);
    expect(surface.audit).toEqual([]);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });

  test('signed out is 401', async () => {
    expect(await change({})).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(await change({ token: 'unknown' })).toMatchObject({ status: 401 });
  });

  test.each<[string, Ask]>([
    ['a field too long', { body: { words: 'x'.repeat(11) } }],
    ['an unknown field', { body: { words: 'a', role: 'admin' } }],
    ['no JSON', { text: '{' }],
    ['text/plain', { text: '{"words":"a"}', type: 'text/plain' }],
    ['the path contradicted by the body', { body: { words: 'a', nodeId: NODE.id } }],
  ])('AZ-1 signed out is 401 before %s is looked at', async (_, given) => {
    expect(await change(given)).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  test('not permitted is 403, and the attempt is in the trail', async () => {
    expect(await change({ token: 'reader' })).toMatchObject({ status: 403, code: 'forbidden' });
    expect(surface.audit.map(({ phase }) => phase)).toEqual(['intent', 'denied']);
    expect(surface.effects).toEqual([]);
  });

  test('AZ-3 a foreign node is not found, like a missing one', async () => {
    const foreign = '0190a000-0000-7000-8000-000000000000';
    expect(await ask('POST', `/api/nodes/${foreign}/change`, { token: 'reader', body: { words: 'a' } })).toMatchObject({
      status: 404,
    });
  });

  test('AZ-5 the gate alone keeps a foreign node from a handler that asks nothing itself', async () => {
    const foreign = '0190a000-0000-7000-8000-000000000000';
    const refused = await ask('POST', `/api/nodes/${foreign}/change`, { token: 'admin', body: { words: 'a' } });
    expect(refused.status).toBe(404);
    expect(surface.effects).toEqual([]);
    await change({ token: 'admin', words: 'ours' });
    expect(surface.effects).toEqual(['ours']);
  });

  test('a conflict is 409, concluded as failed', async () => {
    expect(await change({ token: 'admin', words: 'conflict' })).toMatchObject({ status: 409, code: 'conflict' });
    expect(surface.audit[1]).toMatchObject({ phase: 'failed', details: { code: 'conflict' } });
  });

  test('SE-7 a defect shows a neutral sentence and the request id that finds it in the log', async () => {
    const { body, status } = await change({ token: 'admin', words: 'defect' });
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('canary');
    const line = surface.logged.find((text) => text.includes('request failed'));
    expect(line).toContain(body.error?.requestId);
    expect(line).not.toContain('"canary"');
  });

  test('AU-6 without an audit trail nothing is done, and reading still works', async () => {
    surface.setAuditFails(true);
    expect(await change({ token: 'admin' })).toMatchObject({ status: 503, code: 'audit_unavailable' });
    expect(surface.effects).toEqual([]);
    expect(await ask('GET', `/api/nodes/${NODE.id}/see?words=a`, { token: 'admin' })).toMatchObject({ status: 200 });
  });

  test('a body over one mebibyte is 413', async () => {
    expect(await change({ token: 'admin', text: `"${'x'.repeat(1024 * 1024)}"` })).toMatchObject({
      status: 413,
      code: 'payload_too_large',
    });
  });

  test('an unknown endpoint is 404 with the error body', async () => {
    expect(await ask('GET', '/api/nothing')).toMatchObject({ status: 404, code: 'not_found' });
  });
});

describe('tRPC passes the same gate', () => {
  const trpc = (words: string, token?: string) =>
    ask('POST', '/trpc/change', { ...(token && { token }), body: { nodeId: NODE.id, words } });

  test('works and is audited', async () => {
    expect(await trpc('new', 'admin')).toMatchObject({ status: 200, body: { result: { data: { words: 'new' } } } });
    expect(surface.audit).toHaveLength(2);
  });

  test.each([
    ['new', undefined, 401, 'unauthenticated'],
    ['new', 'reader', 403, 'forbidden'],
    ['x'.repeat(11), 'admin', 400, 'bad_request'],
    ['x'.repeat(11), undefined, 401, 'unauthenticated'],
    ['conflict', 'admin', 409, 'conflict'],
    ['defect', 'admin', 500, 'internal'],
  ])('%s by %s is %i %s, without a stack', async (words, token, status, errorCode) => {
    const { body, status: got } = await trpc(words, token);
    expect(body.error).toMatchObject({ data: { errorCode, httpStatus: status } });
    expect(JSON.stringify(body)).not.toMatch(/canary|stack|\.ts/);
    expect(got).toBe(status);
  });

  test('AN-15 a mutation cannot be reached by GET', async () => {
    const input = encodeURIComponent(JSON.stringify({ nodeId: NODE.id, words: 'a' }));
    const { status } = await ask('GET', `/trpc/change?input=${input}`, { cookie: 'admin' });
    expect(status).toBe(400);
    expect(surface.effects).toEqual([]);
  });
});

describe('cookies', () => {
  test('AN-15 a write with a cookie needs our own origin', async () => {
    expect(await change({ cookie: 'admin' })).toMatchObject({ status: 403, code: 'origin_refused' });
    expect(await change({ cookie: 'admin', origin: 'http://evil.example' })).toMatchObject({ status: 403 });
    expect(surface.effects).toEqual([]);
    expect(await change({ cookie: 'admin', origin: surface.url })).toMatchObject({ status: 200 });
  });

  test('AN-15 a foreign page is refused even without a cookie', async () => {
    expect(await change({ origin: 'http://evil.example' })).toMatchObject({ status: 403, code: 'origin_refused' });
  });
});

test('AN-15 no page of another origin may read an answer, whatever it claims to be', async () => {
  for (const origin of ['https://evil.example', 'null', surface.url]) {
    const { headers } = await ask('GET', '/api/hello', { origin, cookie: 'admin' });
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});

test('answers carry the security headers', async () => {
  const { headers } = await ask('GET', '/api/hello');
  expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  expect(headers.get('content-security-policy')).not.toMatch(/unsafe/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});
