import styles from './Chip.module.css';

interface ChipProps {
  label: string;
  /** How many it stands for. */
  count: number;
  isPressed: boolean;
  onClick(): void;
  shape?: 'pill' | 'tag';
  tooltip?: string | undefined;
}

/** A choice in a row of them, e.g. a filter: pressed while it holds. */
export const Chip = ({ label, count, isPressed, onClick, shape = 'pill', tooltip }: ChipProps) => (
  <button
    type="button"
    className={styles.chip}
    data-shape={shape}
    data-tooltip={tooltip}
    aria-pressed={isPressed}
    onClick={onClick}
  >
    {label} <span className={styles.count}>{count}</span>
  </button>
);
