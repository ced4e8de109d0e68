/** A sample of the seeded bugs, the quickest to judge; `npm run mutants` judges all. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Copy } from './copy.ts';
import { openCopy } from './copy.ts';
import { judge } from './judge.ts';
import type { Mutant } from './mutant.ts';
import { listMutants } from './mutant.ts';

const SAMPLE = [
  'az-permission-not-checked',
  'h-audit-not-chained',
  'l-quote-escapes-one-quote',
  'n-origin-reflected',
  'o-aad-dropped',
];

let copy: Copy;
let mutants: Mutant[];
beforeAll(async () => {
  copy = await openCopy();
  mutants = await listMutants();
});
afterAll(() => copy.remove());

test('SU-2 every seeded bug still fits the code', async () => {
  const misfits: string[] = [];
  for (const { name, path } of mutants) {
    try {
      await copy.plant(path);
      await copy.uproot(path);
    } catch {
      misfits.push(name);
    }
  }
  expect(misfits).toEqual([]);
  expect(mutants.length).toBeGreaterThan(SAMPLE.length);
});

test.each(SAMPLE)('SU-2 the tests notice %s', async (name) => {
  const mutant = mutants.find((each) => each.name === name);
  expect(mutant).toBeDefined();
  if (mutant !== undefined) expect(await judge(copy, mutant)).toBe('killed');
});
