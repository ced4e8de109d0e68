import type { NodeSummary } from '@serverbox/contract/nodes';
import { HeatCell } from '../../components/charts/HeatCell.tsx';
import { Card } from '../../ui/Card.tsx';
import styles from './NodeHeat.module.css';

/** Every node at a glance: a hundred of them fit on one screen. */
export const NodeHeat = ({ nodes }: { nodes: readonly NodeSummary[] }) => (
  <Card title="Nodes" description="CPU, memory and disk of each; the fuller, the warmer">
    <ul className={styles.grid}>
      {nodes.map((node) => (
        <li key={node.id}>
          <HeatCell node={node} />
        </li>
      ))}
    </ul>
  </Card>
);
