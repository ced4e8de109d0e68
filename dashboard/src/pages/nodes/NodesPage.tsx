import type { NodeSummary } from '@serverbox/contract/nodes';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { SearchX, Server } from 'lucide-react';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { QueryError } from '../../components/page/QueryError.tsx';
import { hiddenFromParam, hiddenToParam, sortFromParam, sortToParam } from '../../lib/table-search.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { SearchInput } from '../../ui/SearchInput.tsx';
import { Select } from '../../ui/Select.tsx';
import { Table } from '../../ui/Table.tsx';
import { StaleNotice } from '../StaleNotice.tsx';
import { TableSkeleton } from '../TableSkeleton.tsx';
import { useRefreshOn } from '../use-refresh-on.ts';
import { nodeColumns } from './node-columns.tsx';
import { isReachable, STATUS_WORDS } from './node-status.ts';
import type { NodesSearch } from './search.ts';

const REFRESH_MS = 5000;
const SPARK_REFRESH_MS = 60_000;
const route = getRouteApi('/app/nodes');

const STATUS_OPTIONS = [
  { value: 'all', label: 'Every status' },
  ...(['online', 'warning', 'critical', 'offline', 'unknown'] as const).map((value) => ({
    value,
    label: STATUS_WORDS[value],
  })),
] as const;

const matches = (node: NodeSummary, { q, status }: NodesSearch): boolean => {
  if (status !== undefined && node.status.state !== status) return false;
  if (q === undefined) return true;
  const text = [node.name, node.facts?.hostname, node.facts?.os, ...(node.facts?.addresses ?? [])]
    .join('\n')
    .toLowerCase();
  return text.includes(q.toLowerCase());
};

const useSparks = (nodes: readonly NodeSummary[]) => {
  const trpc = useTRPC();
  const sparks = useQuery(
    trpc.nodes.sparks.queryOptions(
      { ids: nodes.map((node) => node.id) },
      { enabled: nodes.length > 0, refetchInterval: SPARK_REFRESH_MS },
    ),
  );
  return new Map(sparks.data?.items.map((item) => [item.nodeId, item]));
};

export const NodesPage = () => {
  const trpc = useTRPC();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (next: Partial<Record<keyof NodesSearch, string | undefined>>) =>
    navigate({ search: (old) => ({ ...old, ...next }) as NodesSearch, replace: true });
  const nodes = useQuery(trpc.nodes.list.queryOptions({}, { refetchInterval: REFRESH_MS }));
  useRefreshOn(['nodes'], [trpc.nodes.list.queryFilter()]);
  const all = nodes.data?.items ?? [];
  const columns = nodeColumns(useSparks(all));
  const rows = all.filter((node) => matches(node, search));

  if (nodes.data === undefined) {
    return (
      <>
        <PageHeader title="Nodes" />
        {nodes.isError ? (
          <QueryError
            size="page"
            what="the nodes"
            error={nodes.error}
            onRetry={() => nodes.refetch()}
            isRetrying={nodes.isFetching}
          />
        ) : (
          <TableSkeleton label="Loading the nodes" />
        )}
      </>
    );
  }
  return (
    <>
      <PageHeader title="Nodes" />
      <StaleNotice query={nodes} />
      <Table
        label="Nodes"
        rows={rows}
        rowId={(node) => node.id}
        columns={columns}
        sort={sortFromParam(search.sort, { column: 'name', direction: 'asc' })}
        onSortChange={(sort) => change({ sort: sortToParam(sort) })}
        hiddenColumns={hiddenFromParam(search.hide, [])}
        onHiddenColumnsChange={(ids) => change({ hide: hiddenToParam(ids) })}
        onOpen={(node) => navigate({ to: '/nodes/$nodeId', params: { nodeId: node.id } })}
        rowTone={(node) => (isReachable(node.status.state) ? undefined : 'stale')}
        changeKey={(node) => `${node.status.state} ${node.name}`}
        rowHeight={56}
        toolbar={
          <>
            <SearchInput
              label="Search nodes"
              placeholder="Name, address, system"
              hotkey="/"
              value={search.q ?? ''}
              onChange={(q) => change({ q: q || undefined })}
            />
            <Select
              label="Status"
              size="sm"
              value={search.status ?? 'all'}
              onChange={(status) => change({ status: status === 'all' ? undefined : status })}
              options={STATUS_OPTIONS}
            />
          </>
        }
        empty={
          all.length === 0 ? (
            <EmptyState
              size="page"
              icon={Server}
              title="This machine is being connected"
              description="Server Box starts its agent on this machine and lists it here within seconds."
            />
          ) : (
            <EmptyState
              icon={SearchX}
              title="No node matches"
              description="No node has all that the search and the filter ask for."
              action={<Button onClick={() => change({ q: undefined, status: undefined })}>Show all nodes</Button>}
            />
          )
        }
      />
    </>
  );
};
