/** The pure part of `Table`: which rows in which order, and where the keyboard goes. */
import type { Column, Sort, TableItem } from './table-types.ts';

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

const compareValues = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));

/** Sorts stably by a column; null is unknown and goes last whichever the direction. */
export const sortRows = <Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort | undefined,
): readonly Row[] => {
  const sortValue = columns.find((column) => column.id === sort?.column)?.sortValue;
  if (sort === undefined || sortValue === undefined) return rows;
  const sign = sort.direction === 'asc' ? 1 : -1;
  const keyed = rows.map((row) => ({ row, value: sortValue(row) }));
  keyed.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
    return sign * compareValues(a.value, b.value);
  });
  return keyed.map(({ row }) => row);
};

/** The first click on another column sorts ascending, the next one turns the direction. */
export const nextSort = (sort: Sort | undefined, column: string): Sort =>
  sort?.column === column && sort.direction === 'asc' ? { column, direction: 'desc' } : { column, direction: 'asc' };

/** Rows in drawing order with a heading per group; without `groupBy` just the rows. */
export const layoutRows = <Row>(
  rows: readonly Row[],
  rowId: (row: Row) => string,
  groupBy: ((row: Row) => string | null) | undefined,
): TableItem<Row>[] => {
  const groups = new Map<string | null, Row[]>();
  for (const row of rows) {
    const group = groupBy?.(row) ?? null;
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [row]);
    else known.push(row);
  }
  const items: TableItem<Row>[] = [];
  let index = 0;
  for (const [group, members] of groups) {
    if (group !== null) items.push({ kind: 'group', key: `group:${group}`, label: group, count: members.length });
    for (const row of members) {
      items.push({ kind: 'row', key: rowId(row), row, index });
      index += 1;
    }
  }
  return items;
};

const PAGE_ROWS = 10;

/** The row that a key leads to, within 0 … count-1; undefined for other keys. */
export const rowForKey = (key: string, index: number, count: number): number | undefined => {
  const steps: Record<string, number> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + PAGE_ROWS,
    PageUp: index - PAGE_ROWS,
    Home: 0,
    End: count - 1,
  };
  const wanted = steps[key];
  return wanted === undefined || count === 0 ? undefined : Math.max(0, Math.min(count - 1, wanted));
};
