import { expect, test } from 'vitest';
import type { BenchResult } from './report.ts';
import { toJsonLines, toMarkdown, toText } from './report.ts';

const NOON = new Date('2026-03-01T12:00:00Z');
const OCCASION = { machine: '2 × CPU', at: NOON };
const aResult = (isQuiet = true): BenchResult => ({
  id: 'start',
  title: 'Start',
  calm: { idleShare: isQuiet ? 0.9 : 0.2, load: [0.5, 1, 2], othersShare: 0.05, isQuiet },
  figures: [
    {
      id: 'S1',
      what: 'start to 200',
      unit: 'ms',
      better: 'lower',
      ours: 400,
      limit: { name: 'bare a|b', value: 200 },
      goal: { ofLimit: 2.5, absolute: 450 },
      note: 'nine starts',
    },
    { id: 'X9', what: 'has no peer', unit: 'MB', better: 'lower', ours: 10, goal: {} },
  ],
});

test('the table has a line for each figure, in columns, and the notes below', () => {
  const lines = toText(aResult()).split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[1]).toMatch(
    /^S1 start to 200 +400 ms +200 \(bare a\|b\) +1,020 \(Dockge.*\) +2 +≤ 2.5 × limit \(≤ 450 ms\) +met$/,
  );
  expect(lines[2]).toMatch(/^X9 has no peer +10 MB +— +— +— +— +told$/);
  expect(lines[3]).toBe('S1: nine starts');
  expect(lines[1]?.indexOf('400 ms')).toBe(lines[2]?.indexOf('10 MB'));
});

test('a busy machine is named in the table and in the document', () => {
  expect(toText(aResult(false))).toContain('noisy');
  expect(toMarkdown('', [aResult(false)], OCCASION)).toContain(
    '2026-03-01, 2 × CPU; before the run idle 20 %, load 0.50 1.00 2.00; others took 5 % of the machine during it.',
  );
});

test('no cell breaks the table of the document', () => {
  expect(toMarkdown('', [aResult()], OCCASION)).toContain('200 (bare a\\|b)');
});

test('a run renews its own sections of the document and leaves the others where they are', () => {
  const whole = toMarkdown('', [aResult(), { ...aResult(), title: 'Agent' }], OCCASION);
  const renewed = toMarkdown(whole, [aResult(false)], { ...OCCASION, at: new Date('2026-04-01T12:00:00Z') });
  expect(renewed.match(/^## .*$/gm)).toEqual(['## Start', '## Agent']);
  expect(renewed.match(/^2026-0\d-01/gm)).toEqual(['2026-04-01', '2026-03-01']);
  expect(toMarkdown(renewed, [aResult()], OCCASION)).toBe(whole);
});

test('each target of a figure is a JSON object on a line of its own', () => {
  const lines = toJsonLines(aResult(), NOON)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatchObject({
    bench: 'start',
    id: 'S1',
    target: 'ours',
    value: 400,
    verdict: 'met',
    load: [0.5, 1, 2],
  });
  expect(lines[1]).toMatchObject({ id: 'S1', target: 'bare a|b', value: 200 });
  expect(lines[2]).toMatchObject({ id: 'X9', target: 'ours', verdict: 'told' });
});
