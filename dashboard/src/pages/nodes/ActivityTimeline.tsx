import type { Activity } from '@serverbox/contract/nodes';
import {
  Box,
  CirclePause,
  CirclePlay,
  CircleX,
  Download,
  HeartPulse,
  KeyRound,
  Link2,
  Link2Off,
  Pencil,
  RotateCw,
  Server,
  SquareTerminal,
  Tag,
  Trash2,
  TriangleAlert,
} from 'lucide-react';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import type { Icon, Tone } from '../../ui/types.ts';
import styles from './ActivityTimeline.module.css';

const LOOKS: Record<Activity['kind'], { icon: Icon; tone: Tone }> = {
  'node.enrolled': { icon: Server, tone: 'accent' },
  'node.renamed': { icon: Pencil, tone: 'neutral' },
  'node.linked': { icon: Link2, tone: 'success' },
  'node.unlinked': { icon: Link2Off, tone: 'warning' },
  'node.facts_changed': { icon: Server, tone: 'neutral' },
  'node.tagged': { icon: Tag, tone: 'neutral' },
  'node.noted': { icon: Pencil, tone: 'neutral' },
  'node.conflict': { icon: TriangleAlert, tone: 'danger' },
  'node.ssh_changed': { icon: KeyRound, tone: 'neutral' },
  'node.host_key_accepted': { icon: KeyRound, tone: 'accent' },
  'node.host_key_changed': { icon: TriangleAlert, tone: 'danger' },
  'node.agent_installed': { icon: Download, tone: 'accent' },
  'run.started': { icon: CirclePlay, tone: 'accent' },
  'run.ended': { icon: CirclePlay, tone: 'neutral' },
  'agent.restarted': { icon: RotateCw, tone: 'neutral' },
  'container.started': { icon: CirclePlay, tone: 'success' },
  'container.stopped': { icon: CircleX, tone: 'neutral' },
  'container.died': { icon: CircleX, tone: 'danger' },
  'container.created': { icon: Box, tone: 'neutral' },
  'container.removed': { icon: Trash2, tone: 'neutral' },
  'container.paused': { icon: CirclePause, tone: 'neutral' },
  'container.unpaused': { icon: CirclePlay, tone: 'neutral' },
  'container.health_changed': { icon: HeartPulse, tone: 'warning' },
  'terminal.opened': { icon: SquareTerminal, tone: 'accent' },
  'terminal.closed': { icon: SquareTerminal, tone: 'neutral' },
};

/** What happened, newest first. `hasNode` adds where, for lists over several nodes. */
export const ActivityTimeline = ({ items, hasNode }: { items: readonly Activity[]; hasNode: boolean }) => (
  <ol className={styles.list}>
    {items.map((item) => {
      const { icon: IconOf, tone } = LOOKS[item.kind];
      return (
        <li key={item.id} className={styles.item}>
          <span className={styles.icon} data-tone={tone}>
            <IconOf size={14} aria-hidden="true" />
          </span>
          <div className={styles.words}>
            <p className={styles.text}>{item.text}</p>
            <p className={styles.meta}>
              <RelativeTime at={item.at} />
              {hasNode && <span>{item.nodeName}</span>}
              {item.actor !== null && <span>by {item.actor}</span>}
            </p>
          </div>
        </li>
      );
    })}
  </ol>
);
