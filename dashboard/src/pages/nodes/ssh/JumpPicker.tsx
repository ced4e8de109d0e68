import type { NodeId } from '@serverbox/contract/ids';
import { MAX_JUMPS } from '@serverbox/contract/ssh';
import { useQuery } from '@tanstack/react-query';
import { ChevronRight, X } from 'lucide-react';
import { useTRPC } from '../../../lib/trpc.ts';
import { IconButton } from '../../../ui/IconButton.tsx';
import { Select } from '../../../ui/Select.tsx';
import styles from './SshFields.module.css';

interface Props {
  /** The node whose way this is: it cannot be a hop to itself. */
  ownId?: NodeId | undefined;
  jump: readonly NodeId[];
  onChange(next: readonly NodeId[]): void;
}

/** The nodes between Server Box and the machine, outwards. Only what is reached by SSH itself can be a hop. */
export const JumpPicker = ({ ownId, jump, onChange }: Props) => {
  const trpc = useTRPC();
  const nodes = useQuery(trpc.nodes.list.queryOptions({}));
  const all = nodes.data?.items ?? [];
  const able = all.filter(
    ({ id, ways }) => id !== ownId && !jump.includes(id) && ways.some(({ way }) => way === 'ssh'),
  );
  const nameOf = (id: NodeId) => all.find((node) => node.id === id)?.name ?? 'A node that is gone';
  return (
    <div className={styles.jump}>
      <ol className={styles.chain} aria-label="The way to the machine">
        <li className={styles.end}>Server Box</li>
        {jump.map((id) => (
          <li key={id} className={styles.hop}>
            <ChevronRight size={14} aria-hidden="true" />
            <span className={styles.hopName}>{nameOf(id)}</span>
            <IconButton
              label={`Take away hop ${nameOf(id)}`}
              icon={X}
              size="sm"
              onClick={() => onChange(jump.filter((each) => each !== id))}
            />
          </li>
        ))}
        <li className={styles.hop}>
          <ChevronRight size={14} aria-hidden="true" />
          <span className={styles.end}>this machine</span>
        </li>
      </ol>
      {able.length > 0 && jump.length < MAX_JUMPS && (
        <Select
          label="Add a hop"
          size="sm"
          value=""
          onChange={(id) => onChange([...jump, id as NodeId])}
          options={[
            { value: '', label: jump.length === 0 ? 'Through another node…' : 'And then through…', isDisabled: true },
            ...able.map(({ id, name }) => ({ value: id as string, label: name })),
          ]}
        />
      )}
    </div>
  );
};
