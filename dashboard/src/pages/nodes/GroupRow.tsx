import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Group } from '@serverbox/contract/organise';
import { Ellipsis, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useCan } from '../../hooks/use-viewer.ts';
import { Button } from '../../ui/Button.tsx';
import { Chip } from '../../ui/Chip.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import { Menu } from '../../ui/Menu.tsx';
import { GroupDialog } from './GroupDialog.tsx';
import styles from './GroupRow.module.css';
import { fitsRule, ruleWords } from './node-filter.ts';
import { RemoveGroupDialog } from './RemoveGroupDialog.tsx';

interface Props {
  nodes: readonly NodeSummary[];
  groups: readonly Group[];
  value: string | undefined;
  onChange(groupId: string | undefined): void;
}

const NOT_PERMITTED = 'Your role does not include changing groups.';

/** Groups as saved filters: one is chosen at a time, and each is a rule over tags that can be changed here. */
export const GroupRow = ({ nodes, groups, value, onChange }: Props) => {
  const [edited, setEdited] = useState<Group | 'new'>();
  const [removed, setRemoved] = useState<Group>();
  const refusal = useCan('nodes.manage') ? undefined : NOT_PERMITTED;
  const chosen = groups.find(({ id }) => id === value);
  const chip = (id: string | undefined, name: string, count: number, hint?: string) => (
    <Chip
      key={id ?? 'all'}
      label={name}
      count={count}
      isPressed={chosen?.id === id}
      tooltip={hint}
      onClick={() => onChange(id)}
    />
  );
  return (
    <div className={styles.row} role="toolbar" aria-label="Groups">
      {chip(undefined, 'All nodes', nodes.length)}
      {groups.map((group) =>
        chip(group.id, group.name, nodes.filter((node) => fitsRule(node, group.rule)).length, ruleWords(group.rule)),
      )}
      {chosen !== undefined && (
        <Menu
          label={`Group ${chosen.name}`}
          align="start"
          trigger={<IconButton label={`Change group ${chosen.name}`} icon={Ellipsis} size="sm" />}
          items={[
            {
              label: 'Change name or rule',
              icon: Pencil,
              disabledReason: refusal,
              onSelect: () => setEdited(chosen),
            },
            {
              label: 'Remove group',
              icon: Trash2,
              tone: 'danger',
              disabledReason: refusal,
              onSelect: () => setRemoved(chosen),
            },
          ]}
        />
      )}
      <Button size="sm" variant="ghost" icon={Plus} disabledReason={refusal} onClick={() => setEdited('new')}>
        New group
      </Button>
      <GroupDialog group={edited} nodes={nodes} onClose={() => setEdited(undefined)} onSaved={onChange} />
      <RemoveGroupDialog group={removed} onClose={() => setRemoved(undefined)} onRemoved={() => onChange(undefined)} />
    </div>
  );
};
