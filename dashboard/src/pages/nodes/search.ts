import type { RangeSearch } from '../../components/charts/range.ts';
import { parseRangeSearch } from '../../components/charts/range.ts';
import { choiceParam, compact, sortParam, textParam } from '../../lib/search-params.ts';

const STATES = ['online', 'warning', 'critical', 'offline', 'unknown'] as const;
const VIAS = ['agent', 'ssh', 'poll', 'push'] as const;
const NODE_TABS = ['overview', 'access', 'doctor', 'capabilities', 'history', 'activity'] as const;
export type NodeTab = (typeof NODE_TABS)[number];
const ADD_WAYS = ['agent', 'ssh', 'once', 'push', 'import'] as const;
export type AddWay = (typeof ADD_WAYS)[number];

export interface NodesSearch {
  q?: string;
  status?: (typeof STATES)[number];
  tag?: string;
  /** Id of a group. */
  group?: string;
  via?: (typeof VIAS)[number];
  only?: 'favourites';
  sort?: string;
  /** Columns that the reader has hidden, comma-separated. */
  hide?: string;
}
interface NodeSearch extends RangeSearch {
  tab?: NodeTab;
}
interface AddNodeSearch {
  way?: AddWay;
}

export const parseNodesSearch = (raw: Record<string, unknown>): NodesSearch =>
  compact<NodesSearch>({
    q: textParam(raw.q),
    status: choiceParam(raw.status, STATES),
    tag: textParam(raw.tag),
    group: textParam(raw.group),
    via: choiceParam(raw.via, VIAS),
    only: choiceParam(raw.only, ['favourites']),
    sort: sortParam(raw.sort),
    hide: textParam(raw.hide),
  });

export const parseNodeSearch = (raw: Record<string, unknown>): NodeSearch => ({
  ...compact<NodeSearch>({ tab: choiceParam(raw.tab, NODE_TABS) }),
  ...parseRangeSearch(raw),
});

export const parseAddNodeSearch = (raw: Record<string, unknown>): AddNodeSearch =>
  compact<AddNodeSearch>({ way: choiceParam(raw.way, ADD_WAYS) });
