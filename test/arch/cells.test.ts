import { matchesGlob } from 'node:path';
import { expect, test } from 'vitest';
import { CELL_DATABASE, CELL_FREE } from '../../scripts/suite/cells.ts';
import { importsOf, listFiles } from './sources.ts';

const integrationTests = listFiles(/\.integration\.test\.ts$/);
const isCellFree = (path: string): boolean => CELL_FREE.some((pattern) => matchesGlob(path, pattern));

/** The way from a test to the database of its cell, over modules of ours; undefined when there is none. */
const findWay = (path: string, known = new Set<string>()): string[] | undefined => {
  if (path === CELL_DATABASE) return [path];
  if (known.has(path) || !path.endsWith('.ts')) return undefined;
  known.add(path);
  for (const { to, isTypeOnly } of importsOf(path)) {
    const rest = isTypeOnly || !/^[\w-]+\/.*\.ts$/.test(to) ? undefined : findWay(to, known);
    if (rest !== undefined) return [path, ...rest];
  }
  return undefined;
};

test('what uses the database of a cell runs in both', () => {
  const tests = integrationTests.filter((path) => findWay(path) !== undefined);
  expect(tests).toContain('core/src/features/audit/audit.integration.test.ts');
  expect(tests.filter(isCellFree)).toEqual([]);
});

test('every pattern of what runs in one cell alone still matches a test', () => {
  expect(CELL_FREE.filter((pattern) => !integrationTests.some((path) => matchesGlob(path, pattern)))).toEqual([]);
});
