/** Every regular expression that the product is written with, run on long texts that are made to take it long. */
import ts from 'typescript';
import { expect, test } from 'vitest';
import { isTest, listFiles, read } from './sources.ts';

/** Short ones first: what takes too long for them would never end on the longest. */
const LENGTHS = [30, 1000, 10_000, 100_000];
const MAX_MS = 50;
/** A busy machine makes one run slow, and not each of them. */
const RUNS = 4;
const PARTS = [
  'a',
  '0',
  '-',
  ' ',
  '\n',
  '.',
  '/',
  '=',
  '"',
  '\\',
  '%',
  '$',
  'a.',
  'a-',
  'a ',
  'A1',
  'key=',
  'x://',
  '\u001b[',
  'é',
];
/** What is not taken at the end makes a greedy expression try again from every place. */
const ENDS = ['', '\0'];

interface Literal {
  place: string;
  regex: RegExp;
}

const literalsOf = (path: string): Literal[] => {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
  const found: Literal[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const [, pattern = '', flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(node.text) ?? [];
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ place: `${path}:${line + 1}`, regex: new RegExp(pattern, flags) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};

const TEXTS = LENGTHS.flatMap((length) =>
  PARTS.flatMap((part) => ENDS.map((end) => part.repeat(length / part.length) + end)),
);

/** Slow by so little that another run may be quick. */
const isNear = (ms: number): boolean => ms > MAX_MS && ms < 10 * MAX_MS;
const quickestMs = (regex: RegExp, text: string): number => {
  let quickest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS && (run === 0 || isNear(quickest)); run += 1) {
    const began = performance.now();
    text.replace(regex, '');
    quickest = Math.min(quickest, performance.now() - began);
  }
  return quickest;
};
const findSlowText = (regex: RegExp): string | undefined => TEXTS.find((text) => quickestMs(regex, text) > MAX_MS);

test('a regular expression that tries everything is found', () => {
  expect(findSlowText(/^a*a*a*!$/)?.slice(0, 3)).toBe('aaa');
});

test('IN-19 no regular expression takes more than 50 ms for 100,000 characters', () => {
  const files = listFiles(/^(contract|core|cli|sdk|dashboard)\/src\/.*\.tsx?$/).filter((path) => !isTest(path));
  const literals = files.flatMap(literalsOf);
  expect(literals.length).toBeGreaterThan(80);
  const slow = literals.flatMap(({ place, regex }) => {
    const text = findSlowText(regex);
    return text === undefined ? [] : [`${place} ${regex}: ${JSON.stringify(text.slice(0, 12))}`];
  });
  expect(slow).toEqual([]);
});
