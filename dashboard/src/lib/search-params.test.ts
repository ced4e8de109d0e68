import { expect, test } from 'vitest';
import { choiceParam, compact, sortParam, textParam } from './search-params.ts';

test('text is kept within reason, also when the address made a number of it', () => {
  expect([
    textParam('web'),
    textParam(8080),
    textParam(''),
    textParam(['x']),
    textParam('x'.repeat(999))?.length,
  ]).toEqual(['web', '8080', undefined, undefined, 200]);
});

test('only known choices and well-formed orders pass', () => {
  expect([choiceParam('a', ['a', 'b']), choiceParam('c', ['a', 'b'])]).toEqual(['a', undefined]);
  expect([sortParam('cpu.desc'), sortParam('cpu'), sortParam('cpu.up'), sortParam({})]).toEqual([
    'cpu.desc',
    undefined,
    undefined,
    undefined,
  ]);
});

test('absent keys leave the address', () => {
  expect(compact<{ q?: string; state?: string }>({ q: undefined, state: 'running' })).toEqual({ state: 'running' });
});
