import { useNavigate, useSearch } from '@tanstack/react-router';
import type { RangeKey, RangeSearch, TimeRange } from './range.ts';
import { parseRangeSearch, rangeOf } from './range.ts';

interface RangeControl {
  range: TimeRange;
  pick(key: RangeKey): void;
  zoom(fromMs: number, toMs: number): void;
  reset(): void;
}

/** The stretch of time of a page's charts, kept in the address so that it can be shared and survives a reload. */
export const useRange = (fallback: RangeKey): RangeControl => {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  // The page keeps its other search keys: only the three of the range are touched.
  const change = (next: RangeSearch, replace: boolean) => {
    const { from: _from, to: _to, ...others } = search;
    // Which page this is, and so what else its address may hold, is not known here.
    return navigate({ to: '.', search: { ...others, ...next } as never, replace, resetScroll: false });
  };
  return {
    range: rangeOf(parseRangeSearch(search), fallback),
    pick: (key) => change({ range: key }, true),
    zoom: (from, to) => change({ from, to }, false),
    reset: () => change({}, true),
  };
};
