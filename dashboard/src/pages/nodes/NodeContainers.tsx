import type { ContainerList } from '@serverbox/contract/containers';
import type { NodeDetail } from '@serverbox/contract/nodes';
import { useQuery } from '@tanstack/react-query';
import { Boxes } from 'lucide-react';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useRowLink } from '../../hooks/use-row-link.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Card } from '../../ui/Card.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Stale } from '../../ui/Stale.tsx';
import { Table } from '../../ui/Table.tsx';
import { containerColumns } from '../containers/container-columns.tsx';
import { linkToContainer } from '../containers/container-link.ts';
import { useContainerActs } from '../containers/use-container-acts.tsx';
import { useLiveUsage } from '../containers/use-live-usage.ts';
import { useRefreshOn } from '../use-refresh-on.ts';
import { isReachable } from './node-status.ts';

const NOTHING: ContainerList['items'] = [];
const REFRESH_MS = 5000;
const HIDDEN = ['node', 'project', 'created'];

/** The containers of one node, or why there are none to show. */
export const NodeContainers = ({ node }: { node: NodeDetail }) => {
  const trpc = useTRPC();
  const rowLink = useRowLink(linkToContainer);
  const input = { nodeId: node.id };
  const list = useQuery(trpc.docker.containers.list.queryOptions(input, { refetchInterval: REFRESH_MS }));
  useRefreshOn(
    ['containers'],
    [trpc.docker.containers.list.queryFilter(input)],
    (event) => event.type !== 'containers' || event.nodeId === node.id,
  );
  const { acts, dialogs } = useContainerActs();
  const items = useLiveUsage(list.data?.items ?? NOTHING);
  const problem = list.data?.problems[0];
  const columns = containerColumns(acts)
    .filter((column) => !HIDDEN.includes(column.id))
    .map((column) => ({ ...column, canHide: false }));
  return (
    <Card title="Containers" padding={items.length > 0 ? 'none' : 'md'}>
      {list.isPending && <Skeleton shape="block" height={132} />}
      {list.isError && list.data === undefined && (
        <QueryError size="card" what="the containers" error={list.error} onRetry={() => list.refetch()} />
      )}
      {list.data !== undefined && items.length === 0 && (
        <EmptyState
          size="card"
          icon={Boxes}
          title={problem === undefined ? 'No containers yet' : 'Containers cannot be seen here'}
          description={problem?.message ?? 'Containers appear here the moment that Docker creates them.'}
        />
      )}
      {items.length > 0 && (
        <Stale observedAt={items[0]?.observedAt ?? node.createdAt} isStale={!isReachable(node.status.state)}>
          <Table
            label={`Containers of ${node.name}`}
            rows={items}
            rowId={(item) => item.value.id}
            columns={columns}
            changeKey={(item) => `${item.value.state} ${item.value.health}`}
            {...rowLink}
          />
        </Stale>
      )}
      {dialogs}
    </Card>
  );
};
