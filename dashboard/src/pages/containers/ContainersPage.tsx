import type { Container, ContainerList, ObservedContainer } from '@serverbox/contract/containers';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useRowLink } from '../../hooks/use-row-link.ts';
import { hiddenFromParam, hiddenToParam, sortFromParam, sortToParam } from '../../lib/table-search.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Table } from '../../ui/Table.tsx';
import { StaleNotice } from '../StaleNotice.tsx';
import { TableSkeleton } from '../TableSkeleton.tsx';
import { useRefreshOn } from '../use-refresh-on.ts';
import { BulkActions } from './BulkActions.tsx';
import { ContainersEmpty } from './ContainersEmpty.tsx';
import { ContainersToolbar } from './ContainersToolbar.tsx';
import { containerColumns } from './container-columns.tsx';
import { linkToContainer } from './container-link.ts';
import { matchesFilter } from './container-state.ts';
import { ProblemNotes } from './ProblemNotes.tsx';
import { refreshEveryMs } from './refresh.ts';
import type { ContainersSearch } from './search.ts';
import { useContainerActs } from './use-container-acts.tsx';
import { useLiveUsage } from './use-live-usage.ts';

const HIDDEN_BY_DEFAULT = ['created'];
const route = getRouteApi('/app/containers');

export type SearchChange = Partial<Record<keyof ContainersSearch, string | undefined>>;

const keyOf = ({ value }: ObservedContainer): string => `${value.nodeId}/${value.id}`;

const hasText = (container: Container, q: string): boolean =>
  [container.name, container.image, container.project, container.service, container.nodeName, container.id]
    .join('\n')
    .toLowerCase()
    .includes(q.toLowerCase());

const isShown = ({ value }: ObservedContainer, { q, state, node }: ContainersSearch): boolean =>
  (state === undefined || matchesFilter(value, state)) &&
  (node === undefined || value.nodeId === node) &&
  (q === undefined || hasText(value, q));

export const ContainersPage = () => {
  const trpc = useTRPC();
  const list = useQuery(
    trpc.docker.containers.list.queryOptions({}, { refetchInterval: (query) => refreshEveryMs(query.state.data) }),
  );
  useRefreshOn(['containers'], [trpc.docker.containers.list.queryFilter()]);
  if (list.data !== undefined) {
    return (
      <>
        <StaleNotice query={list} />
        <ContainersView list={list.data} />
      </>
    );
  }
  return (
    <>
      <PageHeader title="Containers" />
      {list.isError ? (
        <QueryError
          size="page"
          what="the containers"
          error={list.error}
          onRetry={() => list.refetch()}
          isRetrying={list.isFetching}
        />
      ) : (
        <TableSkeleton label="Loading the containers" />
      )}
    </>
  );
};

const ContainersView = ({ list }: { list: ContainerList }) => {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const rowLink = useRowLink(linkToContainer);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { acts, dialogs } = useContainerActs();
  const change = (next: SearchChange) =>
    navigate({ search: (old) => ({ ...old, ...next }) as ContainersSearch, replace: true });
  const rows = useLiveUsage(list.items.filter((item) => isShown(item, search)));
  // What was removed meanwhile, or is filtered out, is not acted on unseen.
  const chosen = rows.filter((row) => selected.has(keyOf(row))).map((row) => row.value);

  return (
    <>
      <PageHeader title="Containers" />
      <ProblemNotes problems={list.items.length > 0 ? list.problems : []} />
      <Table
        label="Containers"
        rows={rows}
        rowId={keyOf}
        rowLabel={({ value }) => value.name}
        columns={containerColumns(acts)}
        sort={sortFromParam(search.sort, { column: 'name', direction: 'asc' })}
        onSortChange={(sort) => change({ sort: sortToParam(sort) })}
        hiddenColumns={hiddenFromParam(search.hide, HIDDEN_BY_DEFAULT)}
        onHiddenColumnsChange={(ids) => change({ hide: hiddenToParam(ids) })}
        {...rowLink}
        selection={{
          selected,
          onChange: setSelected,
          actions: () => <BulkActions targets={chosen} acts={acts} onDone={() => setSelected(new Set())} />,
        }}
        groupBy={search.group === 'project' ? ({ value }) => value.project ?? 'Without a project' : undefined}
        changeKey={({ value }) => `${value.state} ${value.health}`}
        rowHeight={52}
        toolbar={<ContainersToolbar list={list} search={search} onChange={change} />}
        empty={
          <ContainersEmpty list={list} onShowAll={() => change({ q: undefined, state: undefined, node: undefined })} />
        }
      />
      {dialogs}
    </>
  );
};
