import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Sparks } from '@serverbox/contract/series';
import { Meter } from '../../components/charts/Meter.tsx';
import { Sparkline } from '../../components/charts/Sparkline.tsx';
import { formatBytes, formatBytesPerSecond, formatDuration, formatNumber } from '../../lib/format.ts';
import type { Column } from '../../ui/table-types.ts';
import { FavouriteStar } from './FavouriteStar.tsx';
import { NodeStatusDot } from './NodeStatusDot.tsx';
import styles from './node-columns.module.css';
import type { NodeState } from './node-status.ts';
import { isReachable } from './node-status.ts';
import { figureOf, sharesOf } from './reading.ts';
import { TagList } from './TagList.tsx';
import { WayList } from './WayList.tsx';

type Spark = Sparks['items'][number];

interface TrendProps {
  node: NodeSummary;
  name: 'CPU' | 'Memory';
  spark: Spark['cpu'] | undefined;
  ratio: number | null;
  detail?: string;
}

const ILLNESS: Record<NodeState, number> = { critical: 0, offline: 1, warning: 2, unknown: 3, online: 4 };

const sizes = (node: NodeSummary, used: 'memUsedBytes' | 'diskUsedBytes', total: 'memTotalBytes' | 'diskTotalBytes') =>
  `${formatBytes(figureOf(node, used))} of ${formatBytes(figureOf(node, total))}`;

const countWords = ({ containerCount }: NodeSummary): string =>
  containerCount === null ? '—' : `${containerCount.running} / ${containerCount.total}`;

/** A machine that is not reached is not known to be up. */
const uptimeMs = (node: NodeSummary): number | null =>
  node.facts && isReachable(node.status.state) ? Date.now() - node.facts.bootedAt : null;

/** A figure now and its last hour beneath. */
const Trend = ({ node, name, spark, ratio, detail }: TrendProps) => (
  <span className={styles.trend}>
    <Meter label={`${name} of ${node.name}`} ratio={ratio} detail={detail} />
    {spark?.some((value) => value !== null) === true && (
      <Sparkline
        values={spark}
        label={`${name} of ${node.name}, last hour`}
        color={name === 'CPU' ? 'cpu' : 'memory'}
      />
    )}
  </span>
);

/* `hideBelow` is what the columns before it and its own least width add up to: a table never grows past its page. */
export const nodeColumns = (sparks: ReadonlyMap<string, Spark>): readonly Column<NodeSummary>[] => [
  {
    id: 'favourite',
    header: 'Favourite',
    isHeaderHidden: true,
    width: '28px',
    card: 'aside',
    cell: (node) => <FavouriteStar node={node} />,
  },
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
    canFade: true,
    card: 'line',
    canHide: true,
    hideBelow: 570,
    sortValue: (node) => sharesOf(node).cpu,
    cell: (node) => <Trend name="CPU" node={node} spark={sparks.get(node.id)?.cpu} ratio={sharesOf(node).cpu} />,
  },
  {
    id: 'memory',
    header: 'Memory',
    width: 'minmax(7rem, 1fr)',
    canFade: true,
    card: 'line',
    canHide: true,
    hideBelow: 700,
    sortValue: (node) => sharesOf(node).memory,
    cell: (node) => (
      <Trend
        name="Memory"
        node={node}
        spark={sparks.get(node.id)?.memory}
        ratio={sharesOf(node).memory}
        detail={sizes(node, 'memUsedBytes', 'memTotalBytes')}
      />
    ),
  },
  {
    id: 'disk',
    header: 'Disk',
    width: 'minmax(7rem, 1fr)',
    canFade: true,
    card: 'line',
    canHide: true,
    hideBelow: 830,
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
    id: 'tags',
    header: 'Tags',
    width: 'minmax(8rem, 1.1fr)',
    card: 'line',
    canHide: true,
    hideBelow: 975,
    cell: (node) => <TagList tags={node.tags} />,
  },
  {
    id: 'ways',
    header: 'Ways',
    width: 'minmax(6rem, 0.8fr)',
    card: 'line',
    canHide: true,
    hideBelow: 1085,
    sortValue: (node) => node.via,
    cell: (node) => <WayList node={node} />,
  },
  {
    id: 'containers',
    header: 'Containers',
    width: '92px',
    align: 'end',
    canFade: true,
    card: 'line',
    canHide: true,
    hideBelow: 1190,
    sortValue: (node) => node.containerCount?.running ?? null,
    cell: countWords,
  },
  {
    id: 'network',
    header: 'Network',
    width: 'minmax(7.5rem, 0.8fr)',
    align: 'end',
    canFade: true,
    card: 'hidden',
    canHide: true,
    hideBelow: 1325,
    sortValue: (node) => figureOf(node, 'netRxBytesPerSecond'),
    cell: (node) => (
      <span className={styles.flows}>
        <span>↓ {formatBytesPerSecond(figureOf(node, 'netRxBytesPerSecond'))}</span>
        <span>↑ {formatBytesPerSecond(figureOf(node, 'netTxBytesPerSecond'))}</span>
      </span>
    ),
  },
  {
    id: 'load',
    header: 'Load',
    width: '64px',
    align: 'end',
    canFade: true,
    card: 'hidden',
    canHide: true,
    hideBelow: 1405,
    sortValue: (node) => figureOf(node, 'load1'),
    cell: (node) => formatNumber(figureOf(node, 'load1'), 2),
  },
  {
    id: 'uptime',
    header: 'Up for',
    width: '92px',
    align: 'end',
    canFade: true,
    card: 'hidden',
    canHide: true,
    hideBelow: 1515,
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
    hideBelow: 1600,
    sortValue: (node) => node.facts?.agentVersion || null,
    cell: (node) => node.facts?.agentVersion || '—',
  },
];
