import type { NodeDetail } from '@serverbox/contract/nodes';
import { Stale } from '../../ui/Stale.tsx';
import { HostCharts } from './HostCharts.tsx';
import { NodeContainers } from './NodeContainers.tsx';
import {
  CollectorsCard,
  CoresCard,
  DisksCard,
  FailedUnitsCard,
  InterfacesCard,
  TemperaturesCard,
} from './NodeDetailCards.tsx';
import { NodeInventory } from './NodeInventory.tsx';
import styles from './NodePage.module.css';
import { NoteCard } from './NoteCard.tsx';
import { isReachable } from './node-status.ts';
import { useLiveDetail } from './use-live-detail.ts';

/** What the machine is and how it does, live. */
export const NodeOverview = ({ node }: { node: NodeDetail }) => {
  const detail = useLiveDetail(node);
  return (
    <div className={styles.page}>
      <NodeInventory node={node} uptimeSeconds={detail?.value.uptimeSeconds ?? null} />
      <HostCharts nodeId={node.id} title="Live" defaultRange="1h" />
      <NodeContainers node={node} />
      {detail !== null && (
        <Stale observedAt={detail.observedAt} isStale={!isReachable(node.status.state)}>
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
      <NoteCard node={node} />
    </div>
  );
};
