import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Sparks } from '@serverbox/contract/series';
import { Meter } from '../../components/charts/Meter.tsx';
import { Sparkline } from '../../components/charts/Sparkline.tsx';
import { formatBytes, formatBytesPerSecond, formatDuration, formatNumber } from '../../lib/format.ts';
import type { Column } from '../../ui/table-types.ts';
import { NodeStatusDot } from './NodeStatusDot.tsx';
import styles from './node-columns.module.css';
import type { NodeState } from './node-status.ts';
import { isReachable } from './node-status.ts';
import { figureOf, sharesOf } from './reading.ts';

type Spark = Sparks['items'][number];

const ILLNESS: Record<NodeState, number> = { critical: 0, offline: 1, warning: 2, unknown: 3, online: 4 };

const sizes = (node: NodeSummary, used: 'memUsedBytes' | 'diskUsedBytes', total: 'memTotalBytes' | 'diskTotalBytes') =>
  `${formatBytes(figureOf(node, used))} of ${formatBytes(figureOf(node, total))}`;

const countWords = ({ containerCount }: NodeSummary): string =>
  containerCount === null ? '—' : `${containerCount.running} / ${containerCount.total}`;

/** A machine that is not reached is not known to be up. */
const uptimeMs = (node: NodeSummary): number | null =>
  node.facts && isReachable(node.status.state) ? Date.now() - node.facts.bootedAt : null;

export const nodeColumns = (sparks: ReadonlyMap<string, Spark>): readonly Column<NodeSummary>[] => [
  {
    id: 'name',
    header: 'Name',
    width: 'minmax(11rem, 1.6fr)',
    card: 'title',
    sortValue: (node) => node.name.toLowerCase(),
    cell: (node) => (
      <span className={styles.name}>
        <span className={styles.first}>{node.name}</span>
        <span className={styles.second}>{node.facts?.os ?? 'Not reported yet'}</span>
      </span>
    ),
  },
  {
    id: 'status',
    header: 'Status',
    width: 'minmax(8rem, 1.2fr)',
    card: 'aside',
    sortValue: (node) => ILLNESS[node.status.state],
    cell: (node) => (
      <span className={styles.name}>
        <NodeStatusDot status={node.status} />
        {node.status.state !== 'online' && (
          <span className={styles.second} data-tooltip={node.status.reason}>
            {node.status.reason}
          </span>
        )}
      </span>
    ),
  },
  {
    id: 'cpu',
    header: 'CPU',
    width: 'minmax(7rem, 1fr)',
    card: 'line',
    canHide: true,
    sortValue: (node) => sharesOf(node).cpu,
    cell: (node) => <Meter label={`CPU of ${node.name}`} ratio={sharesOf(node).cpu} />,
  },
  {
    id: 'trend',
    header: 'Last hour',
    width: '88px',
    card: 'hidden',
    canHide: true,
    hideBelow: 1180,
    cell: (node) => <Sparkline values={sparks.get(node.id)?.cpu ?? []} label={`CPU of ${node.name}, last hour`} />,
  },
  {
    id: 'memory',
    header: 'Memory',
    width: 'minmax(7rem, 1fr)',
    card: 'line',
    canHide: true,
    hideBelow: 600,
    sortValue: (node) => sharesOf(node).memory,
    cell: (node) => (
      <Meter
        label={`Memory of ${node.name}`}
        ratio={sharesOf(node).memory}
        detail={sizes(node, 'memUsedBytes', 'memTotalBytes')}
      />
    ),
  },
  {
    id: 'disk',
    header: 'Disk',
    width: 'minmax(7rem, 1fr)',
    card: 'line',
    canHide: true,
    hideBelow: 730,
    sortValue: (node) => sharesOf(node).disk,
    cell: (node) => (
      <Meter
        label={`Disk of ${node.name}`}
        ratio={sharesOf(node).disk}
        detail={sizes(node, 'diskUsedBytes', 'diskTotalBytes')}
      />
    ),
  },
  {
    id: 'load',
    header: 'Load',
    width: '64px',
    align: 'end',
    card: 'hidden',
    canHide: true,
    hideBelow: 1000,
    sortValue: (node) => figureOf(node, 'load1'),
    cell: (node) => formatNumber(figureOf(node, 'load1'), 2),
  },
  {
    id: 'network',
    header: 'Network',
    width: 'minmax(7.5rem, 0.8fr)',
    align: 'end',
    card: 'hidden',
    canHide: true,
    hideBelow: 900,
    sortValue: (node) => figureOf(node, 'netRxBytesPerSecond'),
    cell: (node) => (
      <span className={styles.flows}>
        <span>↓ {formatBytesPerSecond(figureOf(node, 'netRxBytesPerSecond'))}</span>
        <span>↑ {formatBytesPerSecond(figureOf(node, 'netTxBytesPerSecond'))}</span>
      </span>
    ),
  },
  {
    id: 'containers',
    header: 'Containers',
    width: '92px',
    align: 'end',
    card: 'line',
    canHide: true,
    hideBelow: 840,
    sortValue: (node) => node.containerCount?.running ?? null,
    cell: countWords,
  },
  {
    id: 'uptime',
    header: 'Up for',
    width: '92px',
    align: 'end',
    card: 'hidden',
    canHide: true,
    hideBelow: 1100,
    sortValue: uptimeMs,
    cell: (node) => formatDuration(uptimeMs(node)),
  },
  {
    id: 'agent',
    header: 'Agent',
    width: '72px',
    align: 'end',
    card: 'hidden',
    canHide: true,
    hideBelow: 1280,
    sortValue: (node) => node.facts?.agentVersion ?? null,
    cell: (node) => node.facts?.agentVersion ?? '—',
  },
];
