import { expect, test } from 'vitest';
import { parseArguments } from './arguments.ts';

const PATHS = ['start', 'terminal'];

test('a benchmark is named, the rest has defaults', () => {
  expect(parseArguments(['start'], PATHS)).toEqual({
    path: 'start',
    isQuick: false,
    jsonPath: undefined,
    writesReport: false,
    waitMs: 30_000,
  });
  expect(parseArguments(['all', '--write', '--json', 'out.jsonl', '--wait', '0'], PATHS)).toMatchObject({
    path: 'all',
    jsonPath: 'out.jsonl',
    writesReport: true,
    waitMs: 0,
  });
});

test.each([
  ['no name', []],
  ['two names', ['start', 'terminal']],
  ['an unknown name', ['nothing']],
  ['a report of a quick look', ['all', '--write', '--quick']],
  ['a wait that is no number', ['start', '--wait', 'long']],
  ['an unknown option', ['start', '--loud']],
])('%s is refused', (_, argv) => {
  expect(() => parseArguments(argv, PATHS)).toThrow();
});
