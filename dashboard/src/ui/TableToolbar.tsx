import { Columns3, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from './IconButton.tsx';
import { Menu } from './Menu.tsx';
import styles from './Table.module.css';
import type { Column, Selection } from './table-types.ts';

export interface TableToolbarProps<Row> {
  toolbar: ReactNode;
  columns: readonly Column<Row>[];
  hidden: readonly string[];
  onHiddenChange: (ids: string[]) => void;
  selection: Selection<Row> | undefined;
}

const ColumnChoice = <Row,>({
  columns,
  hidden,
  onHiddenChange,
}: Pick<TableToolbarProps<Row>, 'columns' | 'hidden' | 'onHiddenChange'>) => (
  <Menu
    label="Columns"
    trigger={<IconButton label="Choose columns" icon={Columns3} variant="secondary" />}
    items={columns
      .filter((column) => column.canHide)
      .map((column) => {
        const isShown = !hidden.includes(column.id);
        return {
          label: column.header,
          isChecked: isShown,
          onSelect: () => onHiddenChange(isShown ? [...hidden, column.id] : hidden.filter((id) => id !== column.id)),
        };
      })}
  />
);

/** Filters and column choice; while rows are selected, what can be done with them. */
export const TableToolbar = <Row,>({ toolbar, columns, hidden, onHiddenChange, selection }: TableToolbarProps<Row>) => {
  const canChoose = columns.some((column) => column.canHide);
  const count = selection?.selected.size ?? 0;
  if (toolbar === undefined && !canChoose && count === 0) return null;
  return (
    <div className={styles.toolbar}>
      <div className={styles.tools}>{toolbar}</div>
      {canChoose && <ColumnChoice columns={columns} hidden={hidden} onHiddenChange={onHiddenChange} />}
      {selection !== undefined && count > 0 && (
        <div className={styles.bulk} role="toolbar" aria-label="Selected rows">
          <IconButton label="Clear selection" icon={X} size="sm" onClick={() => selection.onChange(new Set())} />
          <span className={styles.bulkCount} aria-live="polite">
            {count} selected
          </span>
          <div className={styles.bulkActions}>{selection.actions(selection.selected)}</div>
        </div>
      )}
    </div>
  );
};
