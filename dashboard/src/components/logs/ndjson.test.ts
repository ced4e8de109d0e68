import { expect, test } from 'vitest';
import { createLogDecoder } from './ndjson.ts';

const line = (text: string) => ({ stream: 'stdout' as const, at: null, text });
const encode = (text: string) => new TextEncoder().encode(text);

test('lines cut anywhere, even inside a character, come out whole and in order', () => {
  const wire = encode(`${JSON.stringify(line('grüße 🚀'))}\n${JSON.stringify(line('second'))}\n`);
  for (let cut = 1; cut < wire.length; cut += 1) {
    const decoder = createLogDecoder();
    const lines = [...decoder.push(wire.slice(0, cut)), ...decoder.push(wire.slice(cut))];
    expect(lines).toEqual([line('grüße 🚀'), line('second')]);
  }
});

test('an unfinished line waits for its end', () => {
  const decoder = createLogDecoder();
  expect(decoder.push(encode(JSON.stringify(line('a'))))).toEqual([]);
  expect(decoder.push(encode('\n'))).toEqual([line('a')]);
});

test('something that is no log line is an error, not an empty log', () => {
  expect(() => createLogDecoder().push(encode('{"oops":1}\n'))).toThrow();
  expect(() => createLogDecoder().push(encode('<html>\n'))).toThrow();
});

test('a line without an end is refused instead of kept for ever', () => {
  expect(() => createLogDecoder().push(encode('x'.repeat(1_100_000)))).toThrow('without an end');
});
