import { expect, test } from 'vitest';
import { hiddenFromParam, hiddenToParam, sortFromParam, sortToParam } from './table-search.ts';

test('an order survives the way through the address', () => {
  const fallback = { column: 'name', direction: 'asc' } as const;
  expect(sortFromParam(undefined, fallback)).toBe(fallback);
  expect(sortFromParam(sortToParam({ column: 'cpu', direction: 'desc' }), fallback)).toEqual({
    column: 'cpu',
    direction: 'desc',
  });
});

test('hiding nothing differs from not having chosen', () => {
  expect(hiddenFromParam(undefined, ['image'])).toEqual(['image']);
  expect(hiddenFromParam(hiddenToParam([]), ['image'])).toEqual([]);
  expect(hiddenFromParam(hiddenToParam(['a', 'b']), [])).toEqual(['a', 'b']);
});
