// @vitest-environment node
import { ERROR_CODES } from '@serverbox/contract/errors';
import { TRPCClientError } from '@trpc/client';
import { expect, test } from 'vitest';
import { toProblem, toResponseError } from './errors.ts';

const trpcError = (code: string) =>
  TRPCClientError.from({
    error: { code: -32000, message: 'A sentence.', data: { errorCode: code, requestId: 'req_1' } },
  });

test.each(ERROR_CODES)('the code %s of the contract keeps its sentence and request id and gets a hint', (code) => {
  const problem = toProblem(trpcError(code));
  expect(problem).toMatchObject({ code, message: 'A sentence.', requestId: 'req_1' });
  expect(problem.hint).toMatch(/\.$/);
});

test('no answer at all is told apart from an error of the server', () => {
  const noAnswer = TRPCClientError.from(new TypeError('Failed to fetch'));
  expect(toProblem(noAnswer)).toMatchObject({ code: 'server_gone', canRetry: true });
  expect(toProblem(new TypeError('Failed to fetch')).code).toBe('server_gone');
});

test('an error that a link wrapped keeps its own code', () => {
  const wrapped = TRPCClientError.from(new Error('outer', { cause: trpcError('rate_limited') }).cause as Error);
  expect(toProblem(wrapped).code).toBe('rate_limited');
});

test('a code outside the closed list is a defect, not a new kind of error', () => {
  expect(toProblem(trpcError('made_up')).code).toBe('internal');
  expect(toProblem('a string').code).toBe('internal');
});

test('a failed REST answer becomes an error with the code of its body', async () => {
  const body = { error: { code: 'node_unreachable', message: 'The node has no link now.', requestId: 'req_2' } };
  const error = await toResponseError(new Response(JSON.stringify(body), { status: 503 }));
  expect(toProblem(error)).toMatchObject({
    code: 'node_unreachable',
    requestId: 'req_2',
    message: 'The node has no link now.',
  });
});

test('the error page of a proxy without its server means that nobody answers', async () => {
  const error = await toResponseError(new Response('<h1>Bad gateway</h1>', { status: 502 }));
  expect(toProblem(error).code).toBe('server_gone');
});
