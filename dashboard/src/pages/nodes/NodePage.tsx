import type { NodeId } from '@serverbox/contract/ids';
import type { NodeDetail } from '@serverbox/contract/nodes';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useCrumb } from '../../hooks/use-crumb.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Card } from '../../ui/Card.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Stale } from '../../ui/Stale.tsx';
import { StaleNotice } from '../StaleNotice.tsx';
import { useRefreshOn } from '../use-refresh-on.ts';
import { HostCharts } from './HostCharts.tsx';
import { NodeActivity } from './NodeActivity.tsx';
import { NodeContainers } from './NodeContainers.tsx';
import {
  CollectorsCard,
  CoresCard,
  DisksCard,
  FailedUnitsCard,
  InterfacesCard,
  TemperaturesCard,
} from './NodeDetailCards.tsx';
import { NodeHeader } from './NodeHeader.tsx';
import { NodeInventory } from './NodeInventory.tsx';
import styles from './NodePage.module.css';
import { isReachable } from './node-status.ts';
import { useLiveDetail } from './use-live-detail.ts';

const REFRESH_MS = 15_000;
const route = getRouteApi('/app/nodes/$nodeId');

const NodeSkeleton = () => (
  <div className={styles.page} aria-busy="true" role="status" aria-label="Loading the node">
    <PageHeader title={<Skeleton width={180} height={28} />} documentTitle="Node" />
    <Card>
      <Skeleton shape="block" height={150} />
    </Card>
    <Card>
      <Skeleton shape="block" height={460} />
    </Card>
  </div>
);

export const NodePage = () => {
  const trpc = useTRPC();
  // The core checks the id, and answers for one that never was.
  const target = { nodeId: route.useParams().nodeId as NodeId };
  const node = useQuery(trpc.nodes.get.queryOptions(target, { refetchInterval: REFRESH_MS }));
  useRefreshOn(
    ['nodes'],
    [trpc.nodes.get.queryFilter(target)],
    (event) => event.type !== 'nodes' || event.ids.includes(target.nodeId),
  );
  useCrumb(node.data?.name);

  if (node.data === undefined) {
    if (!node.isError) return <NodeSkeleton />;
    return (
      <>
        <PageHeader title="Node" />
        <QueryError
          size="page"
          what="this node"
          error={node.error}
          onRetry={() => node.refetch()}
          isRetrying={node.isFetching}
        />
      </>
    );
  }
  return (
    <>
      <StaleNotice query={node} />
      <NodeView key={node.data.id} node={node.data} />
    </>
  );
};

const NodeView = ({ node }: { node: NodeDetail }) => {
  const detail = useLiveDetail(node);
  const isStale = !isReachable(node.status.state);
  return (
    <div className={styles.page}>
      <NodeHeader node={node} />
      <NodeInventory node={node} uptimeSeconds={detail?.value.uptimeSeconds ?? null} />
      <HostCharts nodeId={node.id} title="Live" defaultRange="1h" />
      <NodeContainers node={node} />
      {detail !== null && (
        <Stale observedAt={detail.observedAt} isStale={isStale}>
          <div className={styles.details}>
            <CoresCard cores={detail.value.cores} />
            <TemperaturesCard temperatures={detail.value.temperatures} />
            <DisksCard disks={detail.value.disks} />
            <InterfacesCard interfaces={detail.value.interfaces} />
            <FailedUnitsCard units={detail.value.failedUnits} />
            <CollectorsCard collectors={detail.value.collectors} />
          </div>
        </Stale>
      )}
      <NodeActivity nodeId={node.id} />
    </div>
  );
};
