import type { NodeId } from '@serverbox/contract/ids';
import { expect, test } from 'vitest';
import type { Host } from './import-plan.ts';
import { inHopOrder, resolveHops } from './import-plan.ts';

const aHost = (alias: string, jump: string[] = []): Host => ({
  ...{ alias, host: alias, port: 22, sshUser: null, identityFile: null, problem: null },
  jump,
});

test('hops come before what stands behind them', () => {
  const hosts = [aHost('db', ['inner']), aHost('web'), aHost('inner', ['bastion']), aHost('bastion')];
  expect(inHopOrder(hosts).map(({ alias }) => alias)).toEqual(['bastion', 'inner', 'db', 'web']);
});

test('a circle of hops ends', () => {
  expect(inHopOrder([aHost('a', ['b']), aHost('b', ['a'])])).toHaveLength(2);
});

test('a hop that is no node is named', () => {
  const known = new Map([['bastion', 'id-1' as NodeId]]);
  expect(resolveHops(aHost('web', ['bastion']), known)).toEqual({ hops: ['id-1'] });
  expect(resolveHops(aHost('web', ['bastion', 'elsewhere']), known)).toEqual({ missing: 'elsewhere' });
});
