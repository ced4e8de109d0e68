import type { KeyboardEvent, RefObject } from 'react';
import { useEffect, useRef, useState } from 'react';
import { rowForKey } from './table-rows.ts';

export interface RowsKeyboardOptions {
  container: RefObject<HTMLElement | null>;
  count: number;
  /** Brings a row into the drawn part before it is focused. */
  reveal: (index: number) => void;
  onEnter: (index: number) => void;
  onSpace: (index: number) => void;
}

/** Roving focus over rows: one row is in the tab order; arrows, Page, Home and End move it, Enter opens, Space selects. */
export const useRowsKeyboard = ({ container, count, reveal, onEnter, onSpace }: RowsKeyboardOptions) => {
  const [activeIndex, setActiveIndex] = useState(0);
  const wantsFocus = useRef(false);
  useEffect(() => {
    if (!wantsFocus.current) return;
    const row = container.current?.querySelector<HTMLElement>(`[data-row-index="${activeIndex}"]`);
    if (row === null || row === undefined) return; // not drawn yet: the next render has it
    wantsFocus.current = false;
    row.focus({ preventScroll: true });
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const row = event.target instanceof HTMLElement ? event.target : undefined;
    // Keys inside a cell's own control belong to that control.
    if (row?.dataset.rowIndex === undefined || event.metaKey || event.ctrlKey || event.altKey) return;
    const index = Number(row.dataset.rowIndex);
    if (event.key === 'Enter') return onEnter(index);
    if (event.key === ' ') {
      event.preventDefault();
      return onSpace(index);
    }
    const next = rowForKey(event.key, index, count);
    if (next === undefined) return;
    event.preventDefault();
    wantsFocus.current = true;
    setActiveIndex(next);
    reveal(next);
  };
  return { activeIndex: Math.min(activeIndex, Math.max(0, count - 1)), onKeyDown, onFocusRow: setActiveIndex };
};
