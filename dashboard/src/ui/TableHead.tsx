import { ArrowDown, ArrowUp } from 'lucide-react';
import { Checkbox } from './Checkbox.tsx';
import styles from './Table.module.css';
import { nextSort } from './table-rows.ts';
import type { Column, Sort } from './table-types.ts';

export interface TableHeadProps<Row> {
  columns: readonly Column<Row>[];
  sort: Sort | undefined;
  onSortChange: (sort: Sort) => void;
  /** Absent: nothing can be selected. */
  all: { state: 'none' | 'some' | 'all'; toggle: () => void } | undefined;
}

const ARIA_SORT = { asc: 'ascending', desc: 'descending' } as const;

const HeadCell = <Row,>({
  column,
  sort,
  onSortChange,
}: {
  column: Column<Row>;
  sort: Sort | undefined;
  onSortChange: (sort: Sort) => void;
}) => {
  const direction = sort?.column === column.id ? sort.direction : undefined;
  const words = (
    <span className={styles.headWords} data-hidden={column.isHeaderHidden || undefined}>
      {column.header}
    </span>
  );
  const IconOf = direction === 'desc' ? ArrowDown : ArrowUp;
  return (
    <th scope="col" className={styles.headCell} data-align={column.align} aria-sort={direction && ARIA_SORT[direction]}>
      {column.sortValue === undefined ? (
        words
      ) : (
        <button
          type="button"
          className={styles.sorter}
          data-sorted={direction !== undefined || undefined}
          onClick={() => onSortChange(nextSort(sort, column.id))}
        >
          {words}
          <IconOf size={13} aria-hidden="true" className={styles.arrow} />
        </button>
      )}
    </th>
  );
};

export const TableHead = <Row,>({ columns, sort, onSortChange, all }: TableHeadProps<Row>) => (
  <thead className={styles.head}>
    <tr aria-rowindex={1} className={styles.headRow}>
      {all !== undefined && (
        <th scope="col" className={styles.pick}>
          <Checkbox
            label="Select all rows"
            isLabelHidden
            checked={all.state === 'all'}
            isIndeterminate={all.state === 'some'}
            onChange={all.toggle}
          />
        </th>
      )}
      {columns.map((column) => (
        <HeadCell key={column.id} column={column} sort={sort} onSortChange={onSortChange} />
      ))}
    </tr>
  </thead>
);
