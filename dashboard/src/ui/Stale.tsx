import { Clock } from 'lucide-react';
import type { ReactNode } from 'react';
import type { InstantLike } from '../lib/format.ts';
import { RelativeTime } from './RelativeTime.tsx';
import styles from './Stale.module.css';

/** Old values stay visible, dimmed and with their age: never blank, never passed off as fresh. */
export const Stale = ({
  observedAt,
  isStale,
  children,
}: {
  observedAt: InstantLike;
  isStale: boolean;
  children: ReactNode;
}) => (
  <div className={styles.root} data-stale={isStale || undefined}>
    {isStale && (
      <p className={styles.age}>
        <Clock size={13} aria-hidden="true" />
        <span>
          Last seen <RelativeTime at={observedAt} />
        </span>
      </p>
    )}
    <div className={styles.content}>{children}</div>
  </div>
);
