import type { NodeId } from '@serverbox/contract/ids';
import type { NodeSummary } from '@serverbox/contract/nodes';
import { Link } from '@tanstack/react-router';
import { Select } from '../../ui/Select.tsx';
import { NodeStatusDot } from '../nodes/NodeStatusDot.tsx';
import styles from './HeroTitle.module.css';

interface Props {
  nodes: readonly NodeSummary[];
  hero: NodeSummary;
  onPick(nodeId: NodeId): void;
}

/** Which node the charts show; a choice only where there is one. */
export const HeroTitle = ({ nodes, hero, onPick }: Props) => (
  <span className={styles.title}>
    <NodeStatusDot status={hero.status} isLabelHidden />
    {nodes.length > 1 ? (
      <Select
        label="Node of the charts"
        size="sm"
        value={hero.id}
        onChange={onPick}
        options={nodes.map((node) => ({ value: node.id, label: node.name }))}
      />
    ) : (
      <Link to="/nodes/$nodeId" params={{ nodeId: hero.id }} className={styles.name}>
        {hero.name}
      </Link>
    )}
    <span className={styles.reason}>{hero.status.reason}</span>
  </span>
);
