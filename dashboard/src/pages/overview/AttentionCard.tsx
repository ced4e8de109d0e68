import type { ContainerList } from '@serverbox/contract/containers';
import type { NodeSummary } from '@serverbox/contract/nodes';
import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import { QueryError } from '../../components/page/QueryError.tsx';
import { Card } from '../../ui/Card.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { ContainerStateDot } from '../containers/ContainerStateDot.tsx';
import { needsAttention } from '../containers/container-state.ts';
import { NodeStatusDot } from '../nodes/NodeStatusDot.tsx';
import styles from './AttentionCard.module.css';

const MOST_SHOWN = 8;

interface Props {
  nodes: readonly NodeSummary[];
  containers: UseQueryResult<ContainerList, unknown>;
}

/** Nodes and containers that somebody should look at, or the good news that there are none. */
export const AttentionCard = ({ nodes, containers }: Props) => {
  const troubledNodes = nodes.filter((node) => node.status.state !== 'online');
  const troubled = (containers.data?.items ?? []).map((item) => item.value).filter(needsAttention);
  const isClear = troubledNodes.length === 0 && troubled.length === 0;
  return (
    <Card title="Needs attention" padding={isClear ? 'md' : 'none'}>
      {containers.isPending && <Skeleton width="70%" />}
      {containers.isError && containers.data === undefined && (
        <QueryError size="card" what="the containers" error={containers.error} onRetry={() => containers.refetch()} />
      )}
      {isClear && !containers.isPending && !containers.isError && (
        <EmptyState
          size="card"
          icon={CircleCheck}
          title="All well"
          description="No node and no container asks for you."
        />
      )}
      <ul className={styles.list}>
        {troubledNodes.map((node) => (
          <li key={node.id}>
            <Link to="/nodes/$nodeId" params={{ nodeId: node.id }} className={styles.item}>
              <span className={styles.name}>{node.name}</span>
              <NodeStatusDot status={node.status} />
              <span className={styles.why}>{node.status.reason}</span>
            </Link>
          </li>
        ))}
        {troubled.slice(0, MOST_SHOWN).map((container) => (
          <li key={`${container.nodeId}/${container.id}`}>
            <Link
              to="/nodes/$nodeId/containers/$containerId"
              params={{ nodeId: container.nodeId, containerId: container.id }}
              className={styles.item}
            >
              <span className={styles.name}>{container.name}</span>
              <ContainerStateDot container={container} />
              <span className={styles.why}>
                {container.status} on {container.nodeName}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {troubled.length > MOST_SHOWN && (
        <Link to="/containers" search={{ state: 'unhealthy' }} className={styles.more}>
          {troubled.length - MOST_SHOWN} more
        </Link>
      )}
    </Card>
  );
};
