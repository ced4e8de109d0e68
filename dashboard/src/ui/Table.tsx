/**
 * The one table of the product: sorts, hides columns, selects rows, moves by keyboard, draws only what is on screen past
 * a hundred rows, and becomes cards below 640 px. It scrolls with the window, so that a page has one scroll bar.
 */
import type { CSSProperties } from 'react';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useIsNarrow } from '../hooks/use-media.ts';
import { useStable } from '../hooks/use-stable.ts';
import styles from './Table.module.css';
import { TableHead } from './TableHead.tsx';
import { TableRow } from './TableRow.tsx';
import { TableToolbar } from './TableToolbar.tsx';
import { layoutRows, sortRows } from './table-rows.ts';
import type { Column, Selection, Sort, TableItem, TableProps } from './table-types.ts';
import { useRowsKeyboard } from './use-rows-keyboard.ts';
import { useWidth } from './use-width.ts';
import { useWindowRows } from './use-window-rows.ts';

const ROW_PX = 44;
const GROUP_PX = 36;
const CARD_PX = 148;

const isRowItem = <Row,>(item: TableItem<Row>): item is Extract<TableItem<Row>, { kind: 'row' }> => item.kind === 'row';

const withToggled = (selected: ReadonlySet<string>, id: string): Set<string> => {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
};

const allOf = <Row,>(rows: readonly Row[], rowId: (row: Row) => string, selection: Selection<Row>) => {
  const ids = rows.filter((row) => selection.isSelectable?.(row) ?? true).map(rowId);
  const chosen = ids.filter((id) => selection.selected.has(id)).length;
  const isAll = ids.length > 0 && chosen === ids.length;
  const state = isAll ? ('all' as const) : chosen > 0 ? ('some' as const) : ('none' as const);
  return { state, toggle: () => selection.onChange(new Set(isAll ? [] : ids)) };
};

const useColumns = <Row,>(props: TableProps<Row>, widthPx: number, isCard: boolean) => {
  const [ownHidden, setOwnHidden] = useState<readonly string[]>([]);
  const hidden = props.hiddenColumns ?? ownHidden;
  const shown = useMemo(() => {
    const fits = (column: Column<Row>) => isCard || widthPx === 0 || widthPx >= (column.hideBelow ?? 0);
    return props.columns.filter((column) => !hidden.includes(column.id) && fits(column));
  }, [props.columns, hidden, widthPx, isCard]);
  const tracks = shown.map((column) => column.width ?? 'minmax(0, 1fr)').join(' ');
  return {
    shown,
    hidden,
    setHidden: props.onHiddenColumnsChange ?? setOwnHidden,
    gridTemplate: props.selection === undefined ? tracks : `36px ${tracks}`,
  };
};

export const Table = <Row,>(props: TableProps<Row>) => {
  const { rows, rowId, selection, onOpen } = props;
  const root = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const isCard = useIsNarrow();
  const columns = useColumns(props, useWidth(root), isCard);
  const [ownSort, setOwnSort] = useState<Sort>();
  const sort = props.sort ?? ownSort;
  const { columns: allColumns, groupBy } = props;
  // A scrolled frame renders the table anew; ten thousand rows are only sorted when they, or the order, have changed.
  const items = useMemo(
    () => layoutRows(sortRows(rows, allColumns, sort), rowId, groupBy),
    [rows, allColumns, sort, rowId, groupBy],
  );
  const keys = useMemo(() => items.map((item) => item.key), [items]);
  const rowItems = useMemo(() => items.filter(isRowItem), [items]);
  const rowPx = isCard ? CARD_PX : (props.rowHeight ?? ROW_PX);
  const drawn = useWindowRows({
    body,
    keys,
    estimatePx: useCallback((index: number) => (items[index]?.kind === 'group' ? GROUP_PX : rowPx), [items, rowPx]),
    // Cards differ in height; the rows of a long table are all of the one that they are given.
    isMeasured: isCard,
  });

  const toggle = useStable((row: Row) => {
    if (selection?.isSelectable?.(row) === false) return;
    selection?.onChange(withToggled(selection.selected, rowId(row)));
  });
  const open = useStable((row: Row) => onOpen?.(row));
  const atIndex = (run: (row: Row) => void) => (index: number) => {
    const item = rowItems[index];
    if (item !== undefined) run(item.row);
  };
  const keyboard = useRowsKeyboard({
    container: body,
    count: rowItems.length,
    reveal: (index) => drawn.reveal(items.findIndex((item) => item.kind === 'row' && item.index === index)),
    onEnter: atIndex(open),
    onSpace: atIndex(toggle),
  });

  const draw = (itemIndex: number) => {
    const item = items[itemIndex];
    if (item === undefined) return null;
    if (item.kind === 'group') {
      return (
        <tr key={item.key} ref={drawn.measure} data-index={itemIndex} className={styles.group}>
          <td colSpan={columns.shown.length}>
            {item.label} <span className={styles.groupCount}>{item.count}</span>
          </td>
        </tr>
      );
    }
    const isSelectable = selection?.isSelectable?.(item.row) ?? true;
    return (
      <TableRow
        key={item.key}
        row={item.row}
        label={props.rowLabel?.(item.row) ?? item.key}
        index={item.index}
        itemIndex={itemIndex}
        columns={columns.shown}
        isCard={isCard}
        isActive={item.index === keyboard.activeIndex}
        isOpenable={onOpen !== undefined}
        href={props.hrefOf?.(item.row)}
        isSelected={selection !== undefined && isSelectable ? selection.selected.has(item.key) : undefined}
        hasSelection={selection !== undefined}
        changeKey={props.changeKey?.(item.row)}
        tone={props.rowTone?.(item.row)}
        onOpen={open}
        onToggle={toggle}
        onFocusRow={keyboard.onFocusRow}
        measure={drawn.measure}
      />
    );
  };

  return (
    <div
      ref={root}
      className={styles.root}
      data-uniform={(drawn.isVirtual && !isCard) || undefined}
      style={{ '--columns': columns.gridTemplate, '--row': `${rowPx}px` } as CSSProperties}
    >
      <TableToolbar
        toolbar={props.toolbar}
        columns={props.columns}
        hidden={columns.hidden}
        onHiddenChange={columns.setHidden}
        selection={selection}
      />
      {rows.length === 0 ? (
        props.empty
      ) : (
        <table
          aria-label={props.label}
          aria-rowcount={rows.length + 1}
          onKeyDown={keyboard.onKeyDown}
          tabIndex={-1}
          className={styles.grid}
        >
          {!isCard && (
            <TableHead
              columns={columns.shown}
              sort={sort}
              onSortChange={props.onSortChange ?? setOwnSort}
              all={selection && allOf(rows, rowId, selection)}
            />
          )}
          <tbody
            ref={body}
            className={styles.body}
            style={{ paddingTop: drawn.spaceBeforePx, paddingBottom: drawn.spaceAfterPx }}
          >
            {drawn.indexes.map(draw)}
          </tbody>
        </table>
      )}
    </div>
  );
};
