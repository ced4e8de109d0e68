import type { NodeDetail } from '@serverbox/contract/nodes';
import { WAY_NAMES } from '@serverbox/contract/ways';
import { Unplug } from 'lucide-react';
import { Badge } from '../../../ui/Badge.tsx';
import { Card } from '../../../ui/Card.tsx';
import { EmptyState } from '../../../ui/EmptyState.tsx';
import { RelativeTime } from '../../../ui/RelativeTime.tsx';
import { WAY_ICONS, WAY_STATE_WORDS, WAY_TONES } from '../way-words.ts';
import styles from './AccessTab.module.css';

/** The ladder: of the ways that are up, the first one is used. */
export const WaysCard = ({ node }: { node: NodeDetail }) => (
  <Card
    title="Ways to this node"
    description="Of those that are up, the first one is used"
    padding={node.ways.length > 0 ? 'none' : 'md'}
  >
    {node.ways.length === 0 && (
      <EmptyState icon={Unplug} title="No way in yet" description="Add SSH access below, or install the agent." />
    )}
    <ol className={styles.ladder}>
      {node.ways.map(({ way, state, text, since, isInUse }) => {
        const IconOf = WAY_ICONS[way];
        return (
          <li key={way} className={styles.way}>
            <IconOf size={16} aria-hidden="true" />
            <span className={styles.wayName}>{WAY_NAMES[way]}</span>
            <span className={styles.text}>
              {text}
              {since !== null && (
                <>
                  {' '}
                  · <RelativeTime at={since} isLasting />
                </>
              )}
            </span>
            <span className={styles.badges}>
              {isInUse && <Badge tone="success">In use</Badge>}
              {!isInUse && <Badge tone={WAY_TONES[state]}>{WAY_STATE_WORDS[state]}</Badge>}
            </span>
          </li>
        );
      })}
    </ol>
  </Card>
);
