import type { NodeId } from '@serverbox/contract/ids';
import { expect, test } from 'vitest';
import { routeTo } from './route.ts';

const ids = (text: string) => text.split('') as NodeId[];
/** `{ t: 'ab' }`: t is reached through a, then b. */
const routeOf = (target: string, jumps: Record<string, string>) => {
  const rows = new Map(Object.entries(jumps).map(([id, jump]) => [id, { nodeId: id as NodeId, jump: ids(jump) }]));
  const row = rows.get(target);
  if (row === undefined) throw new Error('no such target');
  return routeTo(row, (id) => rows.get(id)).join('');
};

test('a node without hops is dialled directly', () => {
  expect(routeOf('t', { t: '' })).toBe('');
});

test('the first hop is reached in its own way', () => {
  expect(routeOf('t', { t: 'ab', a: 'c', b: '', c: '' })).toBe('cab');
});

test('SH-5 five hops are taken, six are not', () => {
  expect(routeOf('t', { t: 'abcde', a: '', b: '', c: '', d: '', e: '' })).toBe('abcde');
  expect(() => routeOf('t', { t: 'abcde', a: 'f', b: '', c: '', d: '', e: '', f: '' })).toThrow('more than 5');
});

test('SH-5 a loop is refused, also one over other nodes', () => {
  expect(() => routeOf('t', { t: 't' })).toThrow('circle');
  expect(() => routeOf('t', { t: 'a', a: 'b', b: 't' })).toThrow('circle');
  expect(() => routeOf('t', { t: 'a', a: 'b', b: 'a' })).toThrow('circle');
  expect(() => routeOf('t', { t: 'aa', a: '' })).toThrow('circle');
});

test('a hop without SSH access is refused', () => {
  expect(() => routeOf('t', { t: 'a' })).toThrow('no SSH access');
});
