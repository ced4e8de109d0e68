// @vitest-environment node
import { expect, test } from 'vitest';
import { layoutRows, nextSort, rowForKey, sortRows } from './table-rows.ts';
import type { Column } from './table-types.ts';

interface Row {
  name: string;
  cpu: number | null;
}

const columns: Column<Row>[] = [
  { id: 'name', header: 'Name', cell: (row) => row.name, sortValue: (row) => row.name },
  { id: 'cpu', header: 'CPU', cell: (row) => row.cpu, sortValue: (row) => row.cpu },
  { id: 'actions', header: 'Actions', cell: () => null },
];
const aRow = (name: string, cpu: number | null = 0): Row => ({ name, cpu });
const namesBy = (rows: Row[], column: string, direction: 'asc' | 'desc') =>
  sortRows(rows, columns, { column, direction }).map((row) => row.name);

test('names sort like people count: web-2 before web-10, whatever the case', () => {
  expect(namesBy([aRow('web-10'), aRow('Web-2'), aRow('api')], 'name', 'asc')).toEqual(['api', 'Web-2', 'web-10']);
});

test('the unknown goes last in both directions', () => {
  const rows = [aRow('a', null), aRow('b', 2), aRow('c', 1)];
  expect(namesBy(rows, 'cpu', 'asc')).toEqual(['c', 'b', 'a']);
  expect(namesBy(rows, 'cpu', 'desc')).toEqual(['b', 'c', 'a']);
});

test('equal rows keep their order, and a column without a value leaves all as it was', () => {
  const rows = [aRow('b'), aRow('a'), aRow('c')];
  expect(namesBy(rows, 'cpu', 'desc')).toEqual(['b', 'a', 'c']);
  expect(namesBy(rows, 'actions', 'asc')).toEqual(['b', 'a', 'c']);
});

test('the first click sorts up, the second down, another column up again', () => {
  const first = nextSort(undefined, 'cpu');
  expect(first).toEqual({ column: 'cpu', direction: 'asc' });
  expect(nextSort(first, 'cpu')).toEqual({ column: 'cpu', direction: 'desc' });
  expect(nextSort(first, 'name')).toEqual({ column: 'name', direction: 'asc' });
});

test('a group is one heading with its rows, even when they came apart', () => {
  const rows = [aRow('shop-web'), aRow('lone'), aRow('shop-db')];
  const items = layoutRows(
    rows,
    (row) => row.name,
    (row) => (row.name.startsWith('shop') ? 'shop' : null),
  );
  expect(
    items.map((item) => (item.kind === 'group' ? `# ${item.label} ${item.count}` : `${item.index} ${item.row.name}`)),
  ).toEqual(['# shop 2', '0 shop-web', '1 shop-db', '2 lone']);
});

test.each([
  ['ArrowDown', 3, 4],
  ['ArrowDown', 9, 9],
  ['ArrowUp', 0, 0],
  ['PageDown', 3, 9],
  ['PageUp', 3, 0],
  ['Home', 5, 0],
  ['End', 5, 9],
  ['a', 5, undefined],
])('%s on row %d of ten leads to %s', (key, from, to) => {
  expect(rowForKey(key, from, 10)).toBe(to);
});
