import type { NodeId } from '@serverbox/contract/ids';
import { useInfiniteQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useTRPC, useTRPCClient } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { useRefreshOn } from '../use-refresh-on.ts';
import { ActivityTimeline } from './ActivityTimeline.tsx';
import styles from './NodeActivity.module.css';

const PAGE_SIZE = 10;

/** What happened on the node, newest first, further back on demand. */
export const NodeActivity = ({ nodeId }: { nodeId: NodeId }) => {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryKey = [...trpc.nodes.activity.queryKey({ nodeId }), 'pages'];
  const activity = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      client.nodes.activity.query(
        { nodeId, limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
  });
  useRefreshOn(['activity'], [{ queryKey }], (event) => event.type !== 'activity' || event.item.nodeId === nodeId);
  const items = activity.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card title="Activity">
      {activity.isPending && (
        <div className={styles.loading} aria-busy="true">
          <Skeleton width="60%" />
          <Skeleton width="45%" />
          <Skeleton width="55%" />
        </div>
      )}
      {activity.isError && items.length === 0 && (
        <QueryError size="card" what="the activity" error={activity.error} onRetry={() => activity.refetch()} />
      )}
      {activity.isSuccess && items.length === 0 && (
        <EmptyState
          size="card"
          icon={History}
          title="Quiet so far"
          description="What happens on this node appears here."
        />
      )}
      <ActivityTimeline items={items} hasNode={false} />
      {activity.hasNextPage && (
        <div className={styles.more}>
          <Button size="sm" isBusy={activity.isFetchingNextPage} onClick={() => activity.fetchNextPage()}>
            Show older
          </Button>
        </div>
      )}
    </Card>
  );
};
