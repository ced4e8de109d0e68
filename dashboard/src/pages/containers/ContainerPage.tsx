import type { ContainerDetail, ObservedContainer } from '@serverbox/contract/containers';
import type { ContainerId, NodeId } from '@serverbox/contract/ids';
import type { Observed } from '@serverbox/contract/observed';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { ChartLine, FileText, HardDrive, Info, KeyRound, Network, SquareTerminal, Tags } from 'lucide-react';
import { LogViewer } from '../../components/logs/LogViewer.tsx';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useCrumb } from '../../hooks/use-crumb.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Card } from '../../ui/Card.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Tabs } from '../../ui/Tabs.tsx';
import { StaleNotice } from '../StaleNotice.tsx';
import { useRefreshOn } from '../use-refresh-on.ts';
import { ContainerEnv } from './ContainerEnv.tsx';
import { ContainerFacts } from './ContainerFacts.tsx';
import { ContainerHeader } from './ContainerHeader.tsx';
import { ContainerLabels } from './ContainerLabels.tsx';
import { ContainerMounts } from './ContainerMounts.tsx';
import { ContainerNetworks } from './ContainerNetworks.tsx';
import styles from './ContainerPage.module.css';
import { ContainerShell } from './ContainerShell.tsx';
import { ContainerStats } from './ContainerStats.tsx';
import { useIsBeingRemoved } from './removal.ts';
import type { ContainerTab } from './search.ts';

const REFRESH_MS = 10_000;
const route = getRouteApi('/app/nodes/$nodeId/containers/$containerId');

type Detail = ContainerDetail & ObservedContainer['value'];

const tabsOf = (detail: Detail) => [
  { value: 'overview' as const, label: 'Overview', icon: Info },
  { value: 'logs' as const, label: 'Logs', icon: FileText },
  { value: 'shell' as const, label: 'Shell', icon: SquareTerminal },
  { value: 'stats' as const, label: 'Stats', icon: ChartLine },
  { value: 'env' as const, label: 'Environment', icon: KeyRound, count: detail.env.length },
  { value: 'mounts' as const, label: 'Mounts', icon: HardDrive, count: detail.mounts.length },
  { value: 'networks' as const, label: 'Networks', icon: Network, count: detail.networks.length },
  { value: 'labels' as const, label: 'Labels', icon: Tags, count: Object.keys(detail.labels).length },
];

const Panel = ({ tab, detail }: { tab: ContainerTab; detail: Detail }) => {
  switch (tab) {
    case 'overview':
      return <ContainerFacts detail={detail} />;
    case 'logs':
      return <LogViewer nodeId={detail.nodeId} containerId={detail.id} />;
    case 'shell':
      return <ContainerShell detail={detail} />;
    case 'stats':
      return <ContainerStats detail={detail} />;
    case 'env':
      return <ContainerEnv detail={detail} />;
    case 'mounts':
      return <ContainerMounts mounts={detail.mounts} />;
    case 'networks':
      return <ContainerNetworks networks={detail.networks} ports={detail.ports} />;
    case 'labels':
      return <ContainerLabels labels={detail.labels} />;
  }
};

const ContainerSkeleton = () => (
  <div aria-busy="true" role="status" aria-label="Loading the container">
    <PageHeader title={<Skeleton width={200} height={28} />} documentTitle="Container" />
    <div className={styles.loading}>
      <Skeleton shape="block" height={40} />
      <Card>
        <Skeleton shape="block" height={280} />
      </Card>
    </div>
  </div>
);

export const ContainerPage = () => {
  const trpc = useTRPC();
  const params = route.useParams();
  // Ids are checked by the core, which answers "not found" for one that never was.
  const target = { nodeId: params.nodeId as NodeId, containerId: params.containerId as ContainerId };
  const isLeaving = useIsBeingRemoved(params.containerId);
  const container = useQuery(
    trpc.docker.containers.get.queryOptions(target, { refetchInterval: REFRESH_MS, enabled: !isLeaving }),
  );
  useRefreshOn(
    ['containers'],
    [trpc.docker.containers.get.queryFilter(target)],
    (event) =>
      event.type !== 'containers' ||
      (event.nodeId === target.nodeId && (event.ids.length === 0 || event.ids.includes(target.containerId))),
  );
  useCrumb(container.data?.value.name);

  if (container.data !== undefined) {
    return (
      <>
        <StaleNotice query={container} />
        <ContainerView key={container.data.value.id} observed={container.data} />
      </>
    );
  }
  if (!container.isError) return <ContainerSkeleton />;
  return (
    <>
      <PageHeader title="Container" />
      <QueryError
        size="page"
        what="this container"
        error={container.error}
        onRetry={() => container.refetch()}
        isRetrying={container.isFetching}
      />
    </>
  );
};

const ContainerView = ({ observed }: { observed: Observed<Detail> }) => {
  const { tab = 'overview' } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <ContainerHeader container={observed.value} />
      <Tabs
        label="Parts of the container"
        value={tab}
        onChange={(next) => navigate({ search: (old) => ({ ...old, tab: next }), replace: true })}
        items={tabsOf(observed.value)}
      >
        <Panel tab={tab} detail={observed.value} />
      </Tabs>
    </>
  );
};
