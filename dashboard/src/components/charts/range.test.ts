import { expect, test } from 'vitest';
import { parseRangeSearch, rangeOf } from './range.ts';

test.each([
  [{}, {}],
  [{ range: '24h' }, { range: '24h' }],
  [{ range: '7y', from: 'x', to: 5 }, {}],
  [
    { from: '1000', to: 2000 },
    { from: 1000, to: 2000 },
  ],
  [{ from: 2000, to: 1000 }, {}],
  [{ from: 1000 }, {}],
])('%j in the address means %j', (raw, expected) => {
  expect(parseRangeSearch(raw)).toEqual(expected);
});

test('a zoom wins over a range, and without either the page decides', () => {
  expect(rangeOf({ range: '1h', from: 1, to: 2 }, '5m')).toEqual({ kind: 'between', fromMs: 1, toMs: 2 });
  expect(rangeOf({}, '5m')).toEqual({ kind: 'last', key: '5m', lengthMs: 300_000 });
});
