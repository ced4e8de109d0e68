// @vitest-environment node
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSseParser } from './sse.ts';

const parseAll = (chunks: readonly string[]) => {
  const parse = createSseParser();
  return chunks.flatMap((chunk) => parse(chunk));
};

test('a message has its data and the last id', () => {
  expect(parseAll(['id: 7\ndata: {"a":1}\n\ndata: b\n\n'])).toEqual([
    { id: '7', data: '{"a":1}' },
    { id: '7', data: 'b' },
  ]);
});

test('comments keep the connection alive and are no messages', () => {
  expect(parseAll([': ping\n\n', ': ping\n\n'])).toEqual([]);
});

test('lines of data are joined, and either line ending ends them', () => {
  expect(parseAll(['data: a\r\ndata:b\r\n\r\n'])).toEqual([{ id: '', data: 'a\nb' }]);
});

test('where the network cuts the stream does not matter', () => {
  const stream = 'id: 1\ndata: first\n\n: ping\n\nid: 2\r\ndata: second\r\n\r\ndata: third\n\n';
  const whole = parseAll([stream]);
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
      const ends = [...cuts, stream.length].sort((a, b) => a - b);
      const chunks = ends.map((end, i) => stream.slice(ends[i - 1] ?? 0, end));
      expect(parseAll(chunks)).toEqual(whole);
    }),
  );
});
