import { expect, test } from 'vitest';
import { listIds } from './security-tests.ts';

test('ids are read off the names of tests, and off nothing else', () => {
  const text = [
    "test('AN-1 AN-2 a token', () => {",
    "])('AZ-8 %s is refused', async () => {",
    "    ['WS-1 another origin', 403],",
    '  // as in IN-3',
    "  test('a subtest without one', () => {",
  ].join('\n');
  expect(listIds('a.test.ts', text)).toEqual(['AN-1', 'AN-2', 'AZ-8', 'WS-1']);
});

test('of a Go file the function, the subtest and the comment name them', () => {
  const text = [
    'func TestAG12AContainerThatVanishes(t *testing.T) {',
    '\tt.Run("WS-7 a dead client", func(t *testing.T) {',
    '// IN-3: what is quoted comes back.',
    'func TestWords(t *testing.T) {',
    '\tcheck(t) // unlike AG-1',
  ].join('\n');
  expect(listIds('a_test.go', text)).toEqual(['AG-12', 'WS-7', 'IN-3']);
});
