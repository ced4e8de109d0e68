// @vitest-environment node
import type { AppRouter } from '@serverbox/core/router';
import type { TRPCLink } from '@trpc/client';
import { createTRPCClient, TRPCClientError } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { expect, test, vi } from 'vitest';
import { toProblem } from './errors.ts';
import { ASK_ONCE, refreshLink } from './trpc.ts';

const refusal = (code: string) =>
  TRPCClientError.from<AppRouter>({ error: { code: -32001, message: 'Refused.', data: { errorCode: code } } } as never);

/** The end of the chain: fails with each given code in turn, then answers. */
const answering = (...codes: string[]) => {
  const left = [...codes];
  const calls = vi.fn();
  const link: TRPCLink<AppRouter> = () => () =>
    observable((observer) => {
      calls();
      const code = left.shift();
      if (code !== undefined) return observer.error(refusal(code));
      observer.next({ result: { type: 'data', data: { needed: false } } });
      observer.complete();
    });
  return { link, calls };
};

const ask = (link: TRPCLink<AppRouter>, ensureFresh: () => Promise<boolean>) =>
  createTRPCClient<AppRouter>({ links: [refreshLink(ensureFresh), link] }).auth.setupState.query();

test('a call refused as unauthenticated is repeated once the session is fresh', async () => {
  const { link, calls } = answering('unauthenticated');
  expect(await ask(link, async () => true)).toEqual({ needed: false });
  expect(calls).toHaveBeenCalledTimes(2);
});

test('a call refused twice is not repeated for ever', async () => {
  const { link, calls } = answering('unauthenticated', 'unauthenticated', 'unauthenticated');
  await expect(ask(link, async () => true)).rejects.toThrow('Refused.');
  expect(calls).toHaveBeenCalledTimes(2);
});

test('a session that is over leaves the refusal as it was', async () => {
  const { link, calls } = answering('unauthenticated');
  const failure: unknown = await ask(link, async () => false).catch((error: unknown) => error);
  expect(toProblem(failure).code).toBe('unauthenticated');
  expect(calls).toHaveBeenCalledTimes(1);
});

test('a refresh without an answer is told as such, not as a lost session', async () => {
  const { link } = answering('unauthenticated');
  const failure: unknown = await ask(link, () => Promise.reject(new TypeError('Failed to fetch'))).catch(
    (error: unknown) => error,
  );
  expect(toProblem(failure).code).toBe('server_gone');
});

test('a wrong password is no reason to refresh', async () => {
  const ensureFresh = vi.fn(async () => true);
  const { link } = answering('invalid_credentials');
  await expect(ask(link, ensureFresh)).rejects.toThrow('Refused.');
  expect(ensureFresh).not.toHaveBeenCalled();
});

test('whoever only asks whether there is a session is answered without a refresh', async () => {
  const ensureFresh = vi.fn(async () => true);
  const { link, calls } = answering('unauthenticated');
  const client = createTRPCClient<AppRouter>({ links: [refreshLink(ensureFresh), link] });
  await expect(client.auth.me.query(undefined, ASK_ONCE.trpc)).rejects.toThrow('Refused.');
  expect(ensureFresh).not.toHaveBeenCalled();
  expect(calls).toHaveBeenCalledTimes(1);
});
