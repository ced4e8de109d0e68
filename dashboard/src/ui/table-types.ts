import type { ReactNode } from 'react';

/** Which column orders the rows; the id of a column that has a `sortValue`. */
export interface Sort {
  column: string;
  direction: 'asc' | 'desc';
}

/** One column: how it reads, sorts, and where it goes on a card. */
export interface Column<Row> {
  id: string;
  header: string;
  isHeaderHidden?: boolean;
  cell: (row: Row) => ReactNode;
  /** Present: the column can be sorted by it. Null sorts last in both directions. */
  sortValue?: (row: Row) => string | number | null;
  align?: 'start' | 'end';
  /** A grid track, by default `minmax(0, 1fr)`. */
  width?: string;
  /** The reader may hide it. */
  canHide?: boolean;
  /** Left out while the table is narrower than this, in px. */
  hideBelow?: number;
  /** It tells how the row was measured last: fades in a row that is stale. */
  canFade?: boolean;
  /** Its place on the card below 640 px; the title is the row's link. */
  card?: 'title' | 'aside' | 'line' | 'hidden';
}

/** Selected rows by id. The ids outlive filters, so the owner drops those that are gone. */
export interface Selection<Row> {
  selected: ReadonlySet<string>;
  onChange: (next: Set<string>) => void;
  /** The bar shown while something is selected. */
  actions: (ids: ReadonlySet<string>) => ReactNode;
  isSelectable?: (row: Row) => boolean;
}

export interface TableProps<Row> {
  label: string;
  rows: readonly Row[];
  rowId: (row: Row) => string;
  /** How a row is called where only words reach, such as on its checkbox; its id by default. */
  rowLabel?: ((row: Row) => string) | undefined;
  columns: readonly Column<Row>[];
  sort?: Sort | undefined;
  onSortChange?: ((sort: Sort) => void) | undefined;
  hiddenColumns?: readonly string[] | undefined;
  onHiddenColumnsChange?: ((ids: string[]) => void) | undefined;
  onOpen?: ((row: Row) => void) | undefined;
  /** Where `onOpen` leads, for a tab of its own. */
  hrefOf?: ((row: Row) => string) | undefined;
  selection?: Selection<Row> | undefined;
  /** Puts a heading before each run of rows with the same group; groups keep the order of their first row. */
  groupBy?: ((row: Row) => string | null) | undefined;
  /** When it changes, the row is highlighted briefly. */
  changeKey?: ((row: Row) => string) | undefined;
  rowTone?: ((row: Row) => 'stale' | undefined) | undefined;
  empty?: ReactNode;
  toolbar?: ReactNode;
  /** In px, 44 by default. Past a hundred rows each is exactly so high: two lines of text need 52. */
  rowHeight?: number | undefined;
}

/** What is drawn, top to bottom. */
export type TableItem<Row> =
  | { kind: 'group'; key: string; label: string; count: number }
  | { kind: 'row'; key: string; row: Row; index: number };
