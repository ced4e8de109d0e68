import { useWindowVirtualizer } from '@tanstack/react-virtual';
import type { RefObject } from 'react';
import { useCallback, useLayoutEffect, useState } from 'react';

/** Below this many rows drawing them all is cheaper than measuring the scroll. */
const VIRTUAL_FROM = 100;

export interface WindowRowsOptions {
  body: RefObject<HTMLElement | null>;
  keys: readonly string[];
  estimatePx: (index: number) => number;
  /** The rows differ in height and are measured once drawn, which costs a layout for each. */
  isMeasured: boolean;
}

/**
 * How far down the document the rows begin. Whatever moves them (a notice above, a filter) changes the height of the page
 * or the rows themselves; to look at every scrolled frame instead would cost a layout each.
 */
const useScrollMargin = (body: RefObject<HTMLElement | null>, keys: readonly string[]): number => {
  const [margin, setMargin] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows may come with another table head or notice.
  useLayoutEffect(() => {
    const look = () => {
      const top = body.current?.getBoundingClientRect().top;
      if (top !== undefined) setMargin(Math.round(top + window.scrollY));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [body, keys]);
  return margin;
};

/** Which rows to draw for the window's scroll position, and the space that stands for the others. */
export const useWindowRows = ({ body, keys, estimatePx, isMeasured }: WindowRowsOptions) => {
  const isVirtual = keys.length > VIRTUAL_FROM;
  const scrollMargin = useScrollMargin(body, keys);
  const virtualizer = useWindowVirtualizer({
    count: keys.length,
    estimateSize: estimatePx,
    overscan: 6,
    // A frame of scrolling is drawn by React when it can, not in the middle of the browser's own event.
    useFlushSync: false,
    scrollMargin,
    enabled: isVirtual,
    // A table in a hidden part of the page has no height to measure.
    measureElement: (row) => row.getBoundingClientRect().height || estimatePx(Number(row.getAttribute('data-index'))),
    getItemKey: useCallback((index: number) => keys[index] ?? index, [keys]),
    // The sticky bars cover the first and last pixels of the window.
    scrollPaddingStart: 104,
    scrollPaddingEnd: 72,
  });
  const drawn = isVirtual ? virtualizer.getVirtualItems() : [];
  const first = drawn[0];
  const last = drawn.at(-1);
  const before = first === undefined ? 0 : first.start - scrollMargin;
  const after = last === undefined ? 0 : virtualizer.getTotalSize() - (last.end - scrollMargin);
  return {
    isVirtual,
    indexes: isVirtual ? drawn.map((item) => item.index) : keys.map((_, index) => index),
    spaceBeforePx: before,
    spaceAfterPx: Math.max(0, after),
    measure: isVirtual && isMeasured ? virtualizer.measureElement : undefined,
    reveal: (index: number) => {
      if (isVirtual) virtualizer.scrollToIndex(index, { align: 'auto' });
      else body.current?.querySelector(`[data-item-index="${index}"]`)?.scrollIntoView({ block: 'nearest' });
    },
  };
};
