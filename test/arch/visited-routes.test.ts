import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VISITED } from '../e2e/visited.ts';

const MAP = readFileSync(join(import.meta.dirname, '../../dashboard/src/routes.tsx'), 'utf8');
const ROUTE = /const (\w+) = createRoute\(\{\s*getParentRoute: \(\) => (\w+),\s*path: '([^']+)'/g;

/** Full paths of all routes: each one's own path behind its parent's. */
const listRoutePaths = (): string[] => {
  const routes = new Map(
    [...MAP.matchAll(ROUTE)].map(([, name = '', parent = '', path = '']) => [name, { parent, path }]),
  );
  const fullPath = (name: string): string => {
    const route = routes.get(name);
    if (route === undefined) return '';
    return `${fullPath(route.parent)}${route.path}`;
  };
  const paths = [...routes.keys()].map((name) => fullPath(name).replace(/(?<=.)\/$/, ''));
  return [...new Set(paths)].sort();
};

test('every route of the dashboard is visited by the end-to-end suite, at each size', () => {
  expect(listRoutePaths()).toContain('/settings/profile');
  expect(
    Object.keys(VISITED).sort(),
    'test/e2e/visited.ts names each route with an address: a page nobody opens in a test breaks unseen',
  ).toEqual(listRoutePaths());
});
