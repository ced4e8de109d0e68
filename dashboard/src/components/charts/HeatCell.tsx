import type { NodeSummary } from '@serverbox/contract/nodes';
import { Link } from '@tanstack/react-router';
import { formatPercent } from '../../lib/format.ts';
import styles from './HeatCell.module.css';
import { heatOf, ratioOf } from './level.ts';

const partsOf = (node: NodeSummary) => {
  const reading = node.reading?.value;
  return [
    { name: 'CPU', ratio: reading?.cpuRatio ?? null },
    { name: 'Memory', ratio: ratioOf(reading?.memUsedBytes, reading?.memTotalBytes) },
    { name: 'Disk', ratio: ratioOf(reading?.diskUsedBytes, reading?.diskTotalBytes) },
  ];
};

interface Props {
  node: NodeSummary;
  /** Colours without their figures, for a grid of many; the words reach everybody all the same. */
  isDense?: boolean;
  /** Of the many cells of a grid only one is in the tab order. */
  tabIndex?: number;
}

/** One node of the heat grid: its name and how warm CPU, memory and disk are. */
export const HeatCell = ({ node, isDense = false, tabIndex }: Props) => {
  const parts = partsOf(node);
  const words = parts.map(({ name, ratio }) => `${name} ${formatPercent(ratio, 0)}`).join(', ');
  return (
    <Link
      to="/nodes/$nodeId"
      params={{ nodeId: node.id }}
      className={styles.cell}
      data-status={node.status.state}
      data-dense={isDense || undefined}
      tabIndex={tabIndex}
      data-tooltip={isDense ? `${node.name}: ${node.status.reason}\n${words}` : `${node.name}: ${node.status.reason}`}
      aria-label={`${node.name}, ${node.status.state}: ${words}`}
    >
      <span className={styles.name}>{node.name}</span>
      <span className={styles.parts}>
        {parts.map(({ name, ratio }) => (
          <span key={name} className={styles.part} data-heat={heatOf(ratio)}>
            {!isDense && formatPercent(ratio, 0)}
          </span>
        ))}
      </span>
    </Link>
  );
};
