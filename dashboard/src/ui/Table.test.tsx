import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { Table } from './Table.tsx';
import type { Column } from './table-types.ts';

interface Row {
  id: string;
  cpu: number;
}

const columns: Column<Row>[] = [
  { id: 'name', header: 'Name', cell: (row) => row.id, sortValue: (row) => row.id, card: 'title' },
  { id: 'cpu', header: 'CPU', cell: (row) => row.cpu, sortValue: (row) => row.cpu, canHide: true },
];
const rows: Row[] = [
  { id: 'web', cpu: 2 },
  { id: 'api', cpu: 3 },
  { id: 'db', cpu: 1 },
];

afterEach(cleanup);

const bodyRows = () => within(screen.getAllByRole('rowgroup').at(-1) ?? document.body).getAllByRole('row');
const names = () => bodyRows().map((row) => within(row).getAllByRole('cell')[0]?.textContent);

test('a click on a heading sorts, and the heading says in which direction', () => {
  render(<Table label="Containers" rows={rows} rowId={(row) => row.id} columns={columns} />);
  fireEvent.click(screen.getByRole('button', { name: 'CPU' }));
  expect(names()).toEqual(['db', 'web', 'api']);
  expect(screen.getByRole('columnheader', { name: 'CPU' }).getAttribute('aria-sort')).toBe('ascending');
  fireEvent.click(screen.getByRole('button', { name: 'CPU' }));
  expect(names()).toEqual(['api', 'web', 'db']);
});

test('arrows move between rows, Enter opens, and only one row is in the tab order', () => {
  const onOpen = vi.fn();
  render(<Table label="Containers" rows={rows} rowId={(row) => row.id} columns={columns} onOpen={onOpen} />);
  const [first] = bodyRows();
  first?.focus();
  fireEvent.keyDown(document.activeElement ?? document.body, { key: 'ArrowDown' });
  fireEvent.keyDown(document.activeElement ?? document.body, { key: 'ArrowDown' });
  fireEvent.keyDown(document.activeElement ?? document.body, { key: 'Enter' });
  expect(onOpen).toHaveBeenCalledWith(rows[2]);
  expect(bodyRows().map((row) => row.tabIndex)).toEqual([-1, -1, 0]);
});

const Selectable = () => {
  const [selected, setSelected] = useState(new Set<string>());
  return (
    <Table
      label="Containers"
      rows={rows}
      rowId={(row) => row.id}
      columns={columns}
      selection={{
        selected,
        onChange: setSelected,
        isSelectable: (row) => row.id !== 'db',
        actions: (ids) => <span>{[...ids].join(' and ')}</span>,
      }}
    />
  );
};

test('Space selects a row, the bar says how many, and what cannot be selected is left out of "all"', () => {
  render(<Selectable />);
  const [first] = bodyRows();
  first?.focus();
  fireEvent.keyDown(first ?? document.body, { key: ' ' });
  expect(screen.getByRole('toolbar', { name: 'Selected rows' }).textContent).toContain('1 selected');
  expect((screen.getByRole('checkbox', { name: 'Select all rows' }) as HTMLInputElement).indeterminate).toBe(true);
  fireEvent.click(screen.getByRole('checkbox', { name: 'Select all rows' }));
  expect(screen.getByText('web and api')).toBeDefined();
  expect(screen.queryByRole('checkbox', { name: 'Select db' })).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: 'Clear selection' }));
  expect(screen.queryByRole('toolbar')).toBeNull();
});

test('a click on a control within a row does not open the row', () => {
  const onOpen = vi.fn();
  const withButton: Column<Row>[] = [
    ...columns,
    { id: 'act', header: 'Act', cell: () => <button type="button">Restart</button> },
  ];
  render(<Table label="Containers" rows={rows} rowId={(row) => row.id} columns={withButton} onOpen={onOpen} />);
  fireEvent.click(screen.getAllByRole('button', { name: 'Restart' })[0] ?? document.body);
  expect(onOpen).not.toHaveBeenCalled();
  fireEvent.click(screen.getByText('web'));
  expect(onOpen).toHaveBeenCalledWith(rows[0]);
});

test('the title is a link for another tab; a plain click on it opens the row here', () => {
  const onOpen = vi.fn();
  const hrefOf = (row: Row) => `/containers/${row.id}`;
  render(<Table label="Containers" rows={rows} rowId={(row) => row.id} {...{ columns, onOpen, hrefOf }} />);
  const link = screen.getByRole('link', { name: 'web' });
  expect(link.getAttribute('href')).toBe('/containers/web');
  for (const key of ['ctrlKey', 'metaKey', 'shiftKey']) expect(fireEvent.click(link, { [key]: true })).toBe(true);
  expect(onOpen).not.toHaveBeenCalled();
  expect(fireEvent.click(link)).toBe(false);
  expect(onOpen).toHaveBeenCalledExactlyOnceWith(rows[0]);
});

test('a hidden column is gone from heading and rows', () => {
  render(<Table label="Containers" rows={rows} rowId={(row) => row.id} columns={columns} hiddenColumns={['cpu']} />);
  expect(screen.queryByRole('columnheader', { name: 'CPU' })).toBeNull();
  expect(bodyRows().map((row) => row.textContent)).toEqual(['web', 'api', 'db']);
});

test('a changed row is highlighted, an unchanged one is not', () => {
  const table = (shown: readonly Row[]) => (
    <Table
      label="Containers"
      rows={shown}
      rowId={(row) => row.id}
      columns={columns}
      changeKey={(row) => String(row.cpu)}
    />
  );
  const { rerender } = render(table(rows));
  rerender(table(rows.map((row) => (row.id === 'api' ? { ...row, cpu: 9 } : row))));
  expect(bodyRows().map((row) => row.dataset.flash)).toEqual([undefined, '1', undefined]);
});

test('ten thousand rows are counted for everybody and drawn for nobody but the window', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => ({ id: `c${i}`, cpu: i }));
  render(<Table label="Containers" rows={many} rowId={(row) => row.id} columns={columns} />);
  expect(screen.getByRole('table', { name: 'Containers' }).getAttribute('aria-rowcount')).toBe('10001');
  expect(document.querySelectorAll('tbody tr').length).toBeLessThan(100);
});

test('without rows the table gives way to its empty state', () => {
  render(
    <Table label="Containers" rows={[]} rowId={(row: Row) => row.id} columns={columns} empty={<p>No containers</p>} />,
  );
  expect(screen.getByText('No containers')).toBeDefined();
  expect(screen.queryByRole('table')).toBeNull();
});
