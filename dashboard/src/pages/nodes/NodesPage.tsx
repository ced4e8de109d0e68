import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Group } from '@serverbox/contract/organise';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, linkOptions } from '@tanstack/react-router';
import { Plus, SearchX } from 'lucide-react';
import { useState } from 'react';
import { ButtonLink } from '../../components/page/ButtonLink.tsx';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useRowLink } from '../../hooks/use-row-link.ts';
import { hiddenFromParam, hiddenToParam, sortFromParam, sortToParam } from '../../lib/table-search.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Table } from '../../ui/Table.tsx';
import { NoNodes } from '../NoNodes.tsx';
import { StaleNotice } from '../StaleNotice.tsx';
import { TableSkeleton } from '../TableSkeleton.tsx';
import { useRefreshOn } from '../use-refresh-on.ts';
import { GroupRow } from './GroupRow.tsx';
import { NodeBulkActions } from './NodeBulkActions.tsx';
import type { NodesChange } from './NodesToolbar.tsx';
import { NodesToolbar } from './NodesToolbar.tsx';
import { nodeColumns } from './node-columns.tsx';
import { isNodeShown } from './node-filter.ts';
import { isReachable } from './node-status.ts';
import type { NodesSearch } from './search.ts';
import { useSparks } from './use-sparks.ts';

const REFRESH_MS = 5000;
const NOTHING: NodeSummary[] = [];
const NO_GROUPS: Group[] = [];
const NO_FILTER: NodesChange = {
  q: undefined,
  status: undefined,
  tag: undefined,
  group: undefined,
  via: undefined,
  only: undefined,
};
const route = getRouteApi('/app/nodes');
const linkOf = ({ id }: NodeSummary) => linkOptions({ to: '/nodes/$nodeId', params: { nodeId: id } });

export const NodesPage = () => {
  const trpc = useTRPC();
  const nodes = useQuery(trpc.nodes.list.queryOptions({}, { refetchInterval: REFRESH_MS }));
  const groups = useQuery(trpc.groups.list.queryOptions({}));
  useRefreshOn(['nodes'], [trpc.nodes.list.queryFilter(), trpc.groups.list.queryFilter()]);
  return (
    <>
      <PageHeader
        title="Nodes"
        actions={
          <ButtonLink variant="primary" icon={Plus} to="/nodes/add">
            Add node
          </ButtonLink>
        }
      />
      {nodes.data !== undefined ? (
        <>
          <StaleNotice query={nodes} />
          <StaleNotice query={groups} />
          <NodesView all={nodes.data.items} groups={groups.data?.items ?? NO_GROUPS} />
        </>
      ) : nodes.isError ? (
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
};

const NodesView = ({ all, groups }: { all: readonly NodeSummary[]; groups: readonly Group[] }) => {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const rowLink = useRowLink(linkOf);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const sparks = new Map(useSparks(all.map(({ id }) => id)).map((spark) => [spark.nodeId, spark]));
  const change = (next: NodesChange) =>
    navigate({ search: (old) => ({ ...old, ...next }) as NodesSearch, replace: true });
  const rows = all.length === 0 ? NOTHING : all.filter((node) => isNodeShown(node, search, groups));
  // What was removed meanwhile, or is filtered out, is not acted on unseen.
  const chosen = rows.filter(({ id }) => selected.has(id));
  const tags = [...new Set(all.flatMap((node) => node.tags))].sort();

  if (all.length === 0) return <NoNodes />;
  return (
    <>
      <GroupRow nodes={all} groups={groups} value={search.group} onChange={(group) => change({ group })} />
      <Table
        label="Nodes"
        rows={rows}
        rowId={(node) => node.id}
        rowLabel={(node) => node.name}
        columns={nodeColumns(sparks)}
        sort={sortFromParam(search.sort, { column: 'name', direction: 'asc' })}
        onSortChange={(sort) => change({ sort: sortToParam(sort) })}
        hiddenColumns={hiddenFromParam(search.hide, [])}
        onHiddenColumnsChange={(ids) => change({ hide: hiddenToParam(ids) })}
        {...rowLink}
        selection={{
          selected,
          onChange: setSelected,
          actions: () => <NodeBulkActions nodes={chosen} known={tags} onDone={() => setSelected(new Set())} />,
        }}
        rowTone={(node) => (isReachable(node.status.state) ? undefined : 'stale')}
        changeKey={(node) => `${node.status.state} ${node.name}`}
        rowHeight={60}
        toolbar={<NodesToolbar nodes={all} search={search} onChange={change} />}
        empty={
          <EmptyState
            icon={SearchX}
            title="No node matches"
            description="No node has all that the search and the filters ask for."
            action={<Button onClick={() => change(NO_FILTER)}>Show all nodes</Button>}
          />
        }
      />
    </>
  );
};
