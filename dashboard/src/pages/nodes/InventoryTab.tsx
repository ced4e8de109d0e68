import type { NodeId } from '@serverbox/contract/ids';
import type { InventoryChange } from '@serverbox/contract/organise';
import { useInfiniteQuery } from '@tanstack/react-query';
import { ArrowRight, History } from 'lucide-react';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useTRPC, useTRPCClient } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { useRefreshOn } from '../use-refresh-on.ts';
import styles from './InventoryTab.module.css';
import activityStyles from './NodeActivity.module.css';

const PAGE_SIZE = 50;

const Change = ({ change: { label, before, after, at } }: { change: InventoryChange }) => (
  <li className={styles.change}>
    <span className={styles.label}>{label}</span>
    <span className={styles.values}>
      <span className={styles.before}>{before ?? 'not known'}</span>
      <ArrowRight size={14} role="img" aria-label="became" />
      <span className={styles.after}>{after ?? 'not known'}</span>
    </span>
    <span className={styles.at}>
      <RelativeTime at={at} />
    </span>
  </li>
);

/** How the machine changed, newest first: kernels, memory, addresses, versions. */
export const InventoryTab = ({ nodeId }: { nodeId: NodeId }) => {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryKey = [...trpc.nodes.inventory.queryKey({ nodeId }), 'pages'];
  const changes = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      client.nodes.inventory.query(
        { nodeId, limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
  });
  useRefreshOn(['nodes'], [{ queryKey }], (event) => event.type !== 'nodes' || event.ids.includes(nodeId));
  const items = changes.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card title="Inventory history" padding={items.length > 0 ? 'none' : 'md'}>
      {changes.isPending && (
        <div className={activityStyles.loading} aria-busy="true">
          <Skeleton width="60%" />
          <Skeleton width="45%" />
        </div>
      )}
      {changes.isError && changes.data === undefined && (
        <QueryError size="card" what="the history" error={changes.error} onRetry={() => changes.refetch()} />
      )}
      {changes.isSuccess && items.length === 0 && (
        <EmptyState
          icon={History}
          title="Nothing has changed yet"
          description="When the kernel, the memory, an address or a version of this machine changes, it is written down here."
        />
      )}
      <ul className={styles.list}>
        {items.map((change) => (
          <Change key={`${change.at}/${change.field}`} change={change} />
        ))}
      </ul>
      {changes.hasNextPage && (
        <div className={styles.more}>
          <Button size="sm" isBusy={changes.isFetchingNextPage} onClick={() => changes.fetchNextPage()}>
            Show older
          </Button>
        </div>
      )}
    </Card>
  );
};
