import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Group } from '@serverbox/contract/organise';
import { expect, test } from 'vitest';
import { fitsRule, isNodeShown, ruleWords } from './node-filter.ts';

const aNode = (parts: Partial<NodeSummary> = {}): NodeSummary =>
  ({
    name: 'web-1',
    tags: ['env:prod', 'web'],
    isFavourite: false,
    ways: [{ way: 'ssh' }],
    status: { state: 'online' },
    facts: null,
    ...parts,
  }) as NodeSummary;
const aGroup = (rule: Group['rule']): Group => ({ id: 'g' as Group['id'], name: 'Group', rule, nodeCount: 0 });

test('a rule asks for all of its tags or for any of them', () => {
  expect(fitsRule(aNode(), { match: 'all', tags: ['web', 'env:prod'] })).toBe(true);
  expect(fitsRule(aNode(), { match: 'all', tags: ['web', 'env:test'] })).toBe(false);
  expect(fitsRule(aNode(), { match: 'any', tags: ['web', 'env:test'] })).toBe(true);
  expect(ruleWords({ match: 'any', tags: ['a', 'b'] })).toBe('a or b');
});

test('each filter narrows the list, and all of them count', () => {
  const groups = [aGroup({ match: 'all', tags: ['env:test'] })];
  expect(isNodeShown(aNode(), {}, groups)).toBe(true);
  expect(isNodeShown(aNode(), { q: 'PROD' }, groups)).toBe(true);
  expect(isNodeShown(aNode(), { q: 'db' }, groups)).toBe(false);
  expect(isNodeShown(aNode(), { tag: 'web', via: 'ssh', status: 'online' }, groups)).toBe(true);
  expect(isNodeShown(aNode(), { tag: 'web', via: 'agent' }, groups)).toBe(false);
  expect(isNodeShown(aNode(), { only: 'favourites' }, groups)).toBe(false);
  expect(isNodeShown(aNode({ isFavourite: true }), { only: 'favourites' }, groups)).toBe(true);
  expect(isNodeShown(aNode(), { group: 'g' }, groups)).toBe(false);
});

test('a group that is gone hides nothing', () => {
  expect(isNodeShown(aNode(), { group: 'gone' }, [])).toBe(true);
});
