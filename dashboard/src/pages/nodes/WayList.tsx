import type { NodeSummary } from '@serverbox/contract/nodes';
import { WAY_NAMES } from '@serverbox/contract/ways';
import styles from './WayList.module.css';
import { WAY_ICONS, WAY_STATE_WORDS } from './way-words.ts';

/** The ways to a node as small marks, the one in use written out. The colour repeats what the words say. */
export const WayList = ({ node }: { node: Pick<NodeSummary, 'ways'> }) => {
  if (node.ways.length === 0) return <span className={styles.none}>None yet</span>;
  return (
    <span className={styles.list}>
      {node.ways.map(({ way, state, isInUse, text }) => {
        const IconOf = WAY_ICONS[way];
        const isNamed = isInUse || node.ways.length === 1;
        return (
          <span
            key={way}
            className={styles.way}
            data-state={state}
            data-used={isInUse || undefined}
            data-tooltip={`${WAY_NAMES[way]}: ${text}`}
          >
            <IconOf size={13} aria-hidden="true" />
            <span className={styles.name} data-hidden={!isNamed || undefined}>
              {WAY_NAMES[way]}
            </span>
            <span className={styles.name} data-hidden>
              {isInUse ? ', in use' : `, ${WAY_STATE_WORDS[state].toLowerCase()}`}
            </span>
          </span>
        );
      })}
    </span>
  );
};
