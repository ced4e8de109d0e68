import styles from './StatusDot.module.css';
import type { Tone } from './types.ts';

export interface StatusDotProps {
  tone: Tone | 'off';
  /** Words, because colour alone tells some people nothing. */
  label: string;
  isLabelHidden?: boolean;
  isPulsing?: boolean;
}

export const StatusDot = ({ tone, label, isLabelHidden = false, isPulsing = false }: StatusDotProps) => (
  <span className={styles.root} data-tone={tone} data-tooltip={isLabelHidden ? label : undefined}>
    <span className={styles.dot} data-pulsing={isPulsing || undefined} aria-hidden="true" />
    <span className={styles.label} data-hidden={isLabelHidden || undefined}>
      {label}
    </span>
  </span>
);
