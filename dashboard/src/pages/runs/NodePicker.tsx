import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Group } from '@serverbox/contract/organise';
import { useState } from 'react';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { Chip } from '../../ui/Chip.tsx';
import { SearchInput } from '../../ui/SearchInput.tsx';
import { NodeStatusDot } from '../nodes/NodeStatusDot.tsx';
import { fitsRule } from '../nodes/node-filter.ts';
import styles from './NodePicker.module.css';
import { runRefusal } from './run-refusal.ts';

interface Props {
  nodes: readonly NodeSummary[];
  groups: readonly Group[];
  chosen: ReadonlySet<string>;
  onChange(chosen: ReadonlySet<string>): void;
}

const MAX_TAGS_SHOWN = 12;

/** Takes whole sets in or out: a set that is in already goes out. */
const withSet = (chosen: ReadonlySet<string>, ids: readonly string[]): ReadonlySet<string> => {
  const isIn = ids.every((id) => chosen.has(id));
  return isIn ? new Set([...chosen].filter((id) => !ids.includes(id))) : new Set([...chosen, ...ids]);
};

/** Chooses nodes one by one, by group or by tag. Those that cannot take part say why. */
export const NodePicker = ({ nodes, groups, chosen, onChange }: Props) => {
  const [q, setQ] = useState('');
  const able = nodes.filter((node) => runRefusal(node) === undefined);
  const tags = [...new Set(able.flatMap((node) => node.tags))].sort().slice(0, MAX_TAGS_SHOWN);
  const sets = [
    { name: 'All nodes', shape: 'pill' as const, ids: able.map(({ id }) => id) },
    ...groups.map(({ name, rule }) => ({
      name,
      shape: 'pill' as const,
      ids: able.filter((node) => fitsRule(node, rule)).map(({ id }) => id),
    })),
    ...tags.map((tag) => ({
      name: tag,
      shape: 'tag' as const,
      ids: able.filter((node) => node.tags.includes(tag)).map(({ id }) => id),
    })),
  ].filter(({ ids }) => ids.length > 0);
  const shown = nodes.filter((node) => [node.name, ...node.tags].join('\n').toLowerCase().includes(q.toLowerCase()));
  return (
    <div className={styles.picker}>
      <div className={styles.sets} role="toolbar" aria-label="Choose by group or tag">
        {sets.map(({ name, shape, ids }) => (
          <Chip
            key={`${shape}:${name}`}
            label={name}
            count={ids.length}
            shape={shape}
            isPressed={ids.every((id) => chosen.has(id))}
            onClick={() => onChange(withSet(chosen, ids))}
          />
        ))}
      </div>
      <SearchInput label="Search nodes" placeholder="Name or tag" value={q} onChange={setQ} />
      <ul className={styles.list} aria-label="Nodes">
        {shown.map((node) => (
          <NodeChoice
            key={node.id}
            node={node}
            isChosen={chosen.has(node.id)}
            onToggle={() => onChange(withSet(chosen, [node.id]))}
          />
        ))}
        {shown.length === 0 && <li className={styles.none}>No node matches.</li>}
      </ul>
    </div>
  );
};

const NodeChoice = ({ node, isChosen, onToggle }: { node: NodeSummary; isChosen: boolean; onToggle(): void }) => {
  const refusal = runRefusal(node);
  return (
    <li className={styles.item}>
      <Checkbox
        label={node.name}
        description={refusal}
        checked={isChosen}
        disabled={refusal !== undefined}
        onChange={onToggle}
      />
      <NodeStatusDot status={node.status} isLabelHidden />
    </li>
  );
};
