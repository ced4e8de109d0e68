import type { RangeSearch } from '../../components/charts/range.ts';
import { parseRangeSearch } from '../../components/charts/range.ts';
import { compact, textParam } from '../../lib/search-params.ts';

interface OverviewSearch extends RangeSearch {
  /** The node whose charts are shown; the first one when absent. */
  node?: string;
}

export const parseOverviewSearch = (raw: Record<string, unknown>): OverviewSearch => ({
  ...compact<OverviewSearch>({ node: textParam(raw.node) }),
  ...parseRangeSearch(raw),
});
