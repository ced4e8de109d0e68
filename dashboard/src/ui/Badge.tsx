import type { ReactNode } from 'react';
import styles from './Badge.module.css';
import type { Icon, Tone } from './types.ts';

/** A word with a colour. The colour repeats what the word says and never replaces it. */
export const Badge = ({
  tone = 'neutral',
  icon: IconOf,
  children,
}: {
  tone?: Tone;
  icon?: Icon;
  children: ReactNode;
}) => (
  <span className={styles.root} data-tone={tone}>
    {IconOf !== undefined && <IconOf size={12} aria-hidden="true" />}
    {children}
  </span>
);
