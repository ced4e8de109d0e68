import { expect, test } from 'vitest';
import { parseAnsi } from './ansi.ts';
import { findMatches, highlight } from './highlight.ts';

const cut = (line: string, query: string) =>
  highlight(parseAnsi(line), query).map((piece) => (piece.isMatch ? `[${piece.text}]` : piece.text));

test('every occurrence is cut out, whatever its case', () => {
  expect(cut('Error: no error', 'error')).toEqual(['[Error]', ': no ', '[error]']);
});

test('an occurrence across two styles is highlighted in both', () => {
  expect(cut('\x1b[31mtime\x1b[0mout now', 'timeout')).toEqual(['[time]', '[out]', ' now']);
});

test('touching occurrences stay apart and an empty query matches nothing', () => {
  expect(cut('aaaa', 'aa')).toEqual(['[aa]', '[aa]']);
  expect(cut('aaaa', '')).toEqual(['aaaa']);
  expect(findMatches('aaa', 'aa')).toEqual([{ from: 0, to: 2 }]);
});

test('what is special in a pattern is searched literally, and odd letters shift nothing', () => {
  expect(cut('GET /a.b-c[0]/ (x|y) 200', '/a.b-c[0]/ (x|y)')).toEqual(['GET ', '[/a.b-c[0]/ (x|y)]', ' 200']);
  expect(cut('İİ error', 'ERROR')).toEqual(['İİ ', '[error]']);
});
