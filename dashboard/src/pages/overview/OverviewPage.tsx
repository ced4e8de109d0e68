import type { NodeSummary } from '@serverbox/contract/nodes';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useTRPC } from '../../lib/trpc.ts';
import { refreshEveryMs } from '../containers/refresh.ts';
import { NoNodes } from '../NoNodes.tsx';
import { HostCharts } from '../nodes/HostCharts.tsx';
import { StaleNotice } from '../StaleNotice.tsx';
import { useRefreshOn } from '../use-refresh-on.ts';
import { AttentionCard } from './AttentionCard.tsx';
import { BusyCard } from './BusyCard.tsx';
import { HeroTitle } from './HeroTitle.tsx';
import { KpiRow } from './KpiRow.tsx';
import { MachineCard } from './MachineCard.tsx';
import { MANY_NODES, NodeHeat } from './NodeHeat.tsx';
import styles from './OverviewPage.module.css';
import { OverviewSkeleton } from './OverviewSkeleton.tsx';
import { RecentActivity } from './RecentActivity.tsx';

const REFRESH_MS = 5000;
const route = getRouteApi('/app/');

/** The node that the address asks for, or the first one that has something to show. */
const heroOf = (nodes: readonly NodeSummary[], wanted: string | undefined): NodeSummary | undefined =>
  nodes.find((node) => node.id === wanted) ?? nodes.find((node) => node.reading !== null) ?? nodes[0];

export const OverviewPage = () => {
  const trpc = useTRPC();
  const { node: wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const overview = useQuery(trpc.overview.get.queryOptions(undefined, { refetchInterval: REFRESH_MS }));
  const containers = useQuery(
    trpc.docker.containers.list.queryOptions({}, { refetchInterval: (query) => refreshEveryMs(query.state.data) }),
  );
  useRefreshOn(['nodes', 'activity'], [trpc.overview.pathFilter()]);
  useRefreshOn(['containers'], [trpc.overview.pathFilter(), trpc.docker.containers.list.queryFilter()]);

  if (overview.data === undefined) {
    return (
      <>
        <PageHeader title="Overview" />
        {overview.isError ? (
          <QueryError
            size="page"
            what="the overview"
            error={overview.error}
            onRetry={() => overview.refetch()}
            isRetrying={overview.isFetching}
          />
        ) : (
          <OverviewSkeleton />
        )}
      </>
    );
  }
  const { nodes, containers: counts, activity } = overview.data;
  const hero = heroOf(nodes, wanted);
  return (
    <>
      <PageHeader title="Overview" />
      <StaleNotice query={overview} />
      <div className={styles.page}>
        {hero !== undefined && <KpiRow nodes={nodes} counts={counts} />}
        {nodes.length >= MANY_NODES && <NodeHeat nodes={nodes} />}
        {hero === undefined ? (
          <NoNodes />
        ) : (
          <div className={styles.columns}>
            <div className={styles.main}>
              <HostCharts
                key={hero.id}
                nodeId={hero.id}
                defaultRange="5m"
                title={
                  <HeroTitle
                    nodes={nodes}
                    hero={hero}
                    onPick={(node) => navigate({ search: (old) => ({ ...old, node }), replace: true })}
                  />
                }
              />
              {nodes.length === 1 && <MachineCard node={hero} />}
              {nodes.length > 1 && nodes.length < MANY_NODES && <NodeHeat nodes={nodes} />}
              <BusyCard containers={containers} />
            </div>
            <aside className={styles.side} aria-label="Attention and activity">
              <AttentionCard nodes={nodes} containers={containers} />
              <RecentActivity items={activity} hasNode={nodes.length > 1} />
            </aside>
          </div>
        )}
      </div>
    </>
  );
};
