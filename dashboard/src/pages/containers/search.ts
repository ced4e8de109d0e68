import type { RangeSearch } from '../../components/charts/range.ts';
import { parseRangeSearch } from '../../components/charts/range.ts';
import { choiceParam, compact, sortParam, textParam } from '../../lib/search-params.ts';

const STATE_FILTERS = ['running', 'stopped', 'paused', 'unhealthy'] as const;
export type StateFilter = (typeof STATE_FILTERS)[number];
const CONTAINER_TABS = ['overview', 'logs', 'shell', 'stats', 'env', 'mounts', 'networks', 'labels'] as const;
export type ContainerTab = (typeof CONTAINER_TABS)[number];

export interface ContainersSearch {
  q?: string;
  state?: StateFilter;
  node?: string;
  sort?: string;
  group?: 'project';
  hide?: string;
}
interface ContainerSearch extends RangeSearch {
  tab?: ContainerTab;
}

export const parseContainersSearch = (raw: Record<string, unknown>): ContainersSearch =>
  compact<ContainersSearch>({
    q: textParam(raw.q),
    state: choiceParam(raw.state, STATE_FILTERS),
    node: textParam(raw.node),
    sort: sortParam(raw.sort),
    group: choiceParam(raw.group, ['project']),
    hide: textParam(raw.hide),
  });

export const parseContainerSearch = (raw: Record<string, unknown>): ContainerSearch => ({
  ...compact<ContainerSearch>({ tab: choiceParam(raw.tab, CONTAINER_TABS) }),
  ...parseRangeSearch(raw),
});
