import { beforeEach, expect, test, vi } from 'vitest';
import { createSessionKeeper } from './http.ts';

/** A server whose access runs out after `calls` requests and whose refresh answers with `refreshStatus`. */
const aServer = ({ refreshStatus = 200 }: { refreshStatus?: number } = {}) => {
  const server = { isFresh: false, refreshes: 0, requests: 0 };
  const fetch = vi.fn(async (url: RequestInfo | URL) => {
    if (String(url) === '/auth/refresh') {
      server.refreshes += 1;
      server.isFresh = refreshStatus === 200;
      return new Response('{}', { status: refreshStatus });
    }
    server.requests += 1;
    return new Response('body', { status: server.isFresh ? 200 : 401 });
  });
  return { server, fetch };
};

const aKeeper = (fetch: typeof globalThis.fetch, locks?: Parameters<typeof createSessionKeeper>[0]['locks']) => {
  let nowMs = 1000;
  return createSessionKeeper({ fetch, storage: localStorage, locks, now: () => nowMs++ });
};

beforeEach(() => localStorage.clear());

test('a request that meets an expired session is repeated after one refresh', async () => {
  const { server, fetch } = aServer();
  const response = await aKeeper(fetch).fetch('/api/x');
  expect(response.status).toBe(200);
  expect(server).toMatchObject({ refreshes: 1, requests: 2 });
});

test('ten requests at once share one refresh', async () => {
  const { server, fetch } = aServer();
  const keeper = aKeeper(fetch);
  const answers = await Promise.all(Array.from({ length: 10 }, () => keeper.fetch('/api/x')));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
  expect(server.refreshes).toBe(1);
});

test('two tabs do not present the same refresh token: the later one finds the work done', async () => {
  const { server, fetch } = aServer();
  let tail: Promise<unknown> = Promise.resolve();
  const locks = {
    request: <T>(_name: string, run: () => Promise<T>): Promise<T> => {
      const turn = tail.then(run);
      tail = turn;
      return turn;
    },
  };
  let nowMs = 1000;
  const deps = { fetch, storage: localStorage, locks, now: () => nowMs++ };
  const [tabA, tabB] = [createSessionKeeper(deps), createSessionKeeper(deps)];
  expect(await Promise.all([tabA.ensureFresh(), tabB.ensureFresh()])).toEqual([true, true]);
  expect(server.refreshes).toBe(1);
});

test('a session that is over answers the first 401 and tells once', async () => {
  const { fetch } = aServer({ refreshStatus: 401 });
  const keeper = aKeeper(fetch);
  const heard = vi.fn();
  keeper.onSignedOut(heard);
  expect((await keeper.fetch('/api/x')).status).toBe(401);
  expect(heard).toHaveBeenCalledTimes(1);
});

test('a refresh without an answer is not taken for being signed out', async () => {
  const fetch = vi.fn(async (url: RequestInfo | URL) => {
    if (String(url) === '/auth/refresh') throw new TypeError('Failed to fetch');
    return new Response('', { status: 401 });
  });
  const keeper = aKeeper(fetch);
  const heard = vi.fn();
  keeper.onSignedOut(heard);
  await expect(keeper.fetch('/api/x')).rejects.toThrow(TypeError);
  expect(heard).not.toHaveBeenCalled();
});
