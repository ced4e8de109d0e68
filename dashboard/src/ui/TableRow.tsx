import type { MouseEvent, Ref } from 'react';
import { memo, useMemo, useState } from 'react';
import { Checkbox } from './Checkbox.tsx';
import styles from './Table.module.css';
import type { Column } from './table-types.ts';

export interface TableRowProps<Row> {
  row: Row;
  label: string;
  index: number;
  itemIndex: number;
  columns: readonly Column<Row>[];
  isCard: boolean;
  isActive: boolean;
  isOpenable: boolean;
  href: string | undefined;
  /** Undefined: this row cannot be selected. */
  isSelected: boolean | undefined;
  hasSelection: boolean;
  changeKey: string | undefined;
  tone: 'stale' | undefined;
  onOpen: (row: Row) => void;
  onToggle: (row: Row) => void;
  onFocusRow: (index: number) => void;
  measure: Ref<HTMLTableRowElement> | undefined;
}

/** Counts the changes of a key since the row appeared: even and odd replay the same highlight. */
const useChangeCount = (changeKey: string | undefined): number => {
  const [seen, setSeen] = useState({ changeKey, count: 0 });
  if (seen.changeKey !== changeKey) setSeen({ changeKey, count: seen.count + 1 });
  return seen.count;
};

const CONTROLS = 'a, button, input, label, [role="menu"]';
const isOnControl = (event: MouseEvent): boolean => {
  const control = event.target instanceof Element ? event.target.closest(CONTROLS) : null;
  return control !== null && !control.hasAttribute('data-row-link');
};
/** A click that asks the browser for another tab or window. */
const isElsewhere = (event: MouseEvent): boolean => event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;

interface CellsProps<Row> {
  row: Row;
  columns: readonly Column<Row>[];
  href: string | undefined;
}

/** The title is a link, so that it can be copied and opened beside. The keyboard has the row itself. */
const Content = <Row,>({ row, column, href }: { row: Row; column: Column<Row>; href: string | undefined }) =>
  href === undefined || column.card !== 'title' ? (
    column.cell(row)
  ) : (
    <a href={href} tabIndex={-1} className={styles.link} data-row-link="">
      {column.cell(row)}
    </a>
  );

const Cells = <Row,>({ row, columns, href }: CellsProps<Row>) =>
  columns.map((column) => (
    <td key={column.id} className={styles.cell} data-align={column.align} data-fades={column.canFade}>
      <Content row={row} column={column} href={href} />
    </td>
  ));

/** A card: its title line, then the other columns as labelled values. */
const CardCells = <Row,>({ row, columns, href }: CellsProps<Row>) => {
  const of = (place: string) => columns.filter((column) => (column.card ?? 'line') === place);
  return (
    <>
      <td className={styles.cardHead}>
        {of('title').map((column) => (
          <div key={column.id} className={styles.cardTitle}>
            <Content row={row} column={column} href={href} />
          </div>
        ))}
        {of('aside').map((column) => (
          <div key={column.id} className={styles.cardAside}>
            {column.cell(row)}
          </div>
        ))}
      </td>
      <td className={styles.cardLines}>
        {of('line').map((column) => (
          <div key={column.id} className={styles.cardLine} data-fades={column.canFade}>
            <span className={styles.cardLabel}>{column.header}</span>
            <span className={styles.cardValue}>{column.cell(row)}</span>
          </div>
        ))}
      </td>
    </>
  );
};

const DrawnRow = <Row,>(props: TableRowProps<Row>) => {
  const { row, href, index, columns, isCard, isSelected, hasSelection, onToggle } = props;
  const changes = useChangeCount(props.changeKey);
  // The same element again is not drawn again when a row is only selected or focused.
  const cells = useMemo(
    () => (isCard ? <CardCells {...{ row, columns, href }} /> : <Cells {...{ row, columns, href }} />),
    [row, columns, href, isCard],
  );
  const isReachable = props.isOpenable || hasSelection;
  const open = (event: MouseEvent) => {
    if (!props.isOpenable || isOnControl(event) || isElsewhere(event)) return;
    event.preventDefault();
    if (getSelection()?.isCollapsed !== false) props.onOpen(row);
  };
  return (
    <tr
      ref={props.measure}
      className={isCard ? styles.card : styles.row}
      data-index={props.itemIndex}
      data-item-index={props.itemIndex}
      data-row-index={index}
      data-openable={props.isOpenable || undefined}
      data-pickable={hasSelection || undefined}
      data-selected={isSelected || undefined}
      data-tone={props.tone}
      data-flash={changes === 0 ? undefined : changes % 2}
      aria-rowindex={index + 2}
      tabIndex={isReachable ? (props.isActive ? 0 : -1) : undefined}
      onClick={open}
      onFocus={(event) => event.target === event.currentTarget && props.onFocusRow(index)}
    >
      {hasSelection && (
        <td className={styles.pick}>
          {isSelected !== undefined && (
            <Checkbox
              label={`Select ${props.label}`}
              isLabelHidden
              checked={isSelected}
              onChange={() => onToggle(row)}
            />
          )}
        </td>
      )}
      {cells}
    </tr>
  );
};

/** While the table scrolls, the rows that stay cost nothing. */
export const TableRow = memo(DrawnRow) as typeof DrawnRow;
