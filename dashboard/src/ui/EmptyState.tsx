import type { ReactNode } from 'react';
import styles from './EmptyState.module.css';
import type { Icon } from './types.ts';

export interface EmptyStateProps {
  icon?: Icon;
  title: string;
  /** What this place is for, or why nothing is here. */
  description?: ReactNode;
  /** The one next step. */
  action?: ReactNode;
  size?: 'page' | 'card';
}

export const EmptyState = ({ icon: IconOf, title, description, action, size = 'card' }: EmptyStateProps) => (
  <div className={styles.root} data-size={size}>
    {IconOf !== undefined && (
      <span className={styles.icon}>
        <IconOf size={20} strokeWidth={1.75} aria-hidden="true" />
      </span>
    )}
    <p className={styles.title}>{title}</p>
    {description !== undefined && <div className={styles.description}>{description}</div>}
    {action !== undefined && <div className={styles.action}>{action}</div>}
  </div>
);
