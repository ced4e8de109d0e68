import { expect, test } from 'vitest';
import { AppError } from '../lib/errors.ts';
import { untilLeft } from './until-left.ts';

const broken = (error: Error) => Promise.reject<string>(error);

test('work that breaks off because its client left is over, not failed', async () => {
  const abort = new AbortController();
  abort.abort();
  expect(await untilLeft(abort.signal, broken(new DOMException('aborted', 'AbortError')), 'left')).toBe('left');
});

test('the same error with the client still there is a defect', async () => {
  const { signal } = new AbortController();
  await expect(untilLeft(signal, broken(new Error('defect')), 'left')).rejects.toThrow('defect');
});

test('what was known before the client left stays known', async () => {
  const unreachable = new AppError('node_unreachable', 'The node has no link.');
  await expect(untilLeft(AbortSignal.abort(), broken(unreachable), 'left')).rejects.toBe(unreachable);
});
