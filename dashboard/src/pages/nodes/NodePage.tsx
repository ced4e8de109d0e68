import type { NodeId } from '@serverbox/contract/ids';
import type { NodeDetail } from '@serverbox/contract/nodes';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Activity, ChartLine, History, KeyRound, ListChecks, Stethoscope } from 'lucide-react';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useCrumb } from '../../hooks/use-crumb.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Card } from '../../ui/Card.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Tabs } from '../../ui/Tabs.tsx';
import { StaleNotice } from '../StaleNotice.tsx';
import { useRefreshOn } from '../use-refresh-on.ts';
import { AccessTab } from './access/AccessTab.tsx';
import { CapabilitiesTab } from './CapabilitiesTab.tsx';
import { DoctorTab } from './DoctorTab.tsx';
import { InventoryTab } from './InventoryTab.tsx';
import { NodeActivity } from './NodeActivity.tsx';
import { NodeHeader } from './NodeHeader.tsx';
import { NodeOverview } from './NodeOverview.tsx';
import styles from './NodePage.module.css';
import { useIsBeingRemoved } from './removal.ts';
import type { NodeTab } from './search.ts';

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
  const isLeaving = useIsBeingRemoved();
  const node = useQuery(trpc.nodes.get.queryOptions(target, { refetchInterval: REFRESH_MS, enabled: !isLeaving }));
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

const TABS = [
  { value: 'overview', label: 'Overview', icon: ChartLine },
  { value: 'access', label: 'Access', icon: KeyRound },
  { value: 'doctor', label: 'Doctor', icon: Stethoscope },
  { value: 'capabilities', label: 'Capabilities', icon: ListChecks },
  { value: 'history', label: 'Inventory history', icon: History },
  { value: 'activity', label: 'Activity', icon: Activity },
] as const;

const Panel = ({ tab, node }: { tab: NodeTab; node: NodeDetail }) => {
  switch (tab) {
    case 'overview':
      return <NodeOverview node={node} />;
    case 'access':
      return <AccessTab node={node} />;
    case 'doctor':
      return <DoctorTab node={node} />;
    case 'capabilities':
      return <CapabilitiesTab node={node} />;
    case 'history':
      return <InventoryTab nodeId={node.id} />;
    case 'activity':
      return <NodeActivity nodeId={node.id} />;
  }
};

const NodeView = ({ node }: { node: NodeDetail }) => {
  const { tab = 'overview' } = route.useSearch();
  const navigate = route.useNavigate();
  const isLeaving = useIsBeingRemoved();
  return (
    <>
      <NodeHeader node={node} />
      <Tabs
        label="Parts of the node"
        value={tab}
        onChange={(next) => navigate({ search: (old) => ({ ...old, tab: next }), replace: true })}
        items={TABS}
      >
        {!isLeaving && <Panel tab={tab} node={node} />}
      </Tabs>
    </>
  );
};
