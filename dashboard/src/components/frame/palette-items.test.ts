// @vitest-environment node
import { Container } from '@serverbox/contract/containers';
import { ALL_PERMISSIONS } from '@serverbox/contract/permissions';
import { expect, test, vi } from 'vitest';
import { fuzzyScore } from './fuzzy.ts';
import type { PaletteItem } from './palette-items.ts';
import { containerActions, groupItems, MAX_SHOWN, rankItems } from './palette-items.ts';

const anItem = (label: string, given: Partial<PaletteItem> = {}): PaletteItem => ({
  id: `x:${label}`,
  group: 'Containers',
  label,
  run: () => undefined,
  ...given,
});

const aContainer = (given: Record<string, unknown> = {}): Container =>
  Container.parse({
    id: '0123456789ab',
    nodeId: '0190a000-0000-7000-8000-000000000001',
    nodeName: 'atlas',
    name: 'web',
    image: 'nginx',
    state: 'running',
    status: 'Up',
    health: 'none',
    exitCode: null,
    ports: [{ hostIp: null, hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
    project: null,
    service: null,
    createdAt: '2026-11-20T10:00:00Z',
    usage: null,
    ...given,
  });

const labels = (items: readonly PaletteItem[]) => items.map(({ label }) => label);

test('the exact name comes first, then names that begin with it, then names that contain it', () => {
  const items = ['my-web', 'web-proxy', 'web', 'swap'].map((label) => anItem(label));
  expect(labels(rankItems(items, 'web'))).toEqual(['web', 'web-proxy', 'my-web']);
});

test('initials find a name, letters out of order do not', () => {
  expect(fuzzyScore('wp', 'web-proxy')).toBeGreaterThan(fuzzyScore('wp', 'swap') ?? Number.POSITIVE_INFINITY);
  expect(fuzzyScore('pw', 'web-proxy')).toBeUndefined();
});

test('the hint finds an item by the beginnings of its words only', () => {
  const items = [anItem('web', { hint: 'borealis' }), anItem('db', { hint: 'atlas' })];
  expect(labels(rankItems(items, 'web bor'))).toEqual(['web']);
  expect(labels(rankItems(items, 'alis'))).toEqual([]);
});

test('nothing that stops a container is offered before it was asked for', () => {
  const items = [anItem('Overview', { group: 'Go to' }), ...containerActions([aContainer()], ALL_PERMISSIONS, vi.fn())];
  expect(labels(rankItems(items, ''))).toEqual(['Overview']);
  expect(labels(rankItems(items, 'stop'))).toEqual(['Stop web']);
});

test('only acts that the state and the permissions allow are offered', () => {
  const exited = aContainer({ state: 'exited' });
  expect(labels(containerActions([exited], ALL_PERMISSIONS, vi.fn()))).toEqual(['Restart web', 'Start web']);
  expect(containerActions([exited], ['containers.read'], vi.fn())).toEqual([]);
});

test('a thousand matches are cut to a screenful', () => {
  expect(
    rankItems(
      Array.from({ length: 1000 }, (_, i) => anItem(`web-${i}`)),
      'web',
    ),
  ).toHaveLength(MAX_SHOWN);
});

test('items are grouped under one heading each, the best match first', () => {
  const items = [anItem('a'), anItem('b', { group: 'Nodes' }), anItem('c')];
  expect(groupItems(items).map(({ group, items: members }) => [group, ...labels(members)])).toEqual([
    ['Containers', 'a', 'c'],
    ['Nodes', 'b'],
  ]);
});
