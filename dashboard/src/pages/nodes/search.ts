import type { RangeSearch } from '../../components/charts/range.ts';
import { parseRangeSearch } from '../../components/charts/range.ts';
import { choiceParam, compact, sortParam, textParam } from '../../lib/search-params.ts';

const STATES = ['online', 'warning', 'critical', 'offline', 'unknown'] as const;

export interface NodesSearch {
  q?: string;
  status?: (typeof STATES)[number];
  sort?: string;
  /** Columns that the reader has hidden, comma-separated. */
  hide?: string;
}
type NodeSearch = RangeSearch;

export const parseNodesSearch = (raw: Record<string, unknown>): NodesSearch =>
  compact<NodesSearch>({
    q: textParam(raw.q),
    status: choiceParam(raw.status, STATES),
    sort: sortParam(raw.sort),
    hide: textParam(raw.hide),
  });

export const parseNodeSearch = (raw: Record<string, unknown>): NodeSearch => parseRangeSearch(raw);
