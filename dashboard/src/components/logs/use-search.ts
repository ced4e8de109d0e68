import { useMemo, useState } from 'react';
import { findMatches } from './highlight.ts';
import type { Log } from './use-log.ts';

export interface LogSearch {
  query: string;
  setQuery(query: string): void;
  /** Numbers of the lines in which the query occurs, oldest first. */
  hits: readonly number[];
  /** The hit one is looking at; undefined while nobody has stepped to one. */
  current: number | undefined;
  /** Place of the current hit among all, counted from 1; 0 for none. */
  position: number;
  step(by: 1 | -1): number | undefined;
}

/** Searches the lines on screen. The current hit is a line, so it stays where it is while lines come and go. */
export const useSearch = (log: Log): LogSearch => {
  const [query, setQuery] = useState('');
  const [current, setCurrent] = useState<number | undefined>(undefined);
  const { numbers, read } = log;

  const hits = useMemo(
    () => (query === '' ? [] : numbers.filter((number) => findMatches(read(number)?.text ?? '', query).length > 0)),
    [numbers, read, query],
  );
  const index = current === undefined ? -1 : hits.indexOf(current);

  return {
    query,
    setQuery: (next) => {
      setQuery(next);
      setCurrent(undefined);
    },
    hits,
    current: index >= 0 ? current : undefined,
    position: index + 1,
    step: (by) => {
      if (hits.length === 0) return undefined;
      // Nobody has stepped yet: begin at the newest, which is what one usually looks for in a log.
      const from = index >= 0 ? index : by === 1 ? -1 : hits.length;
      const next = hits[(from + by + hits.length) % hits.length];
      setCurrent(next);
      return next;
    },
  };
};
