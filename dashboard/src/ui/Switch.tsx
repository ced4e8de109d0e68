import type { ReactNode } from 'react';
import { useId } from 'react';
import styles from './Switch.module.css';

export interface SwitchProps {
  label: ReactNode;
  isLabelHidden?: boolean;
  description?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

/** On or off, in force at once. In forms with a save button use `Checkbox`. */
export const Switch = ({
  label,
  isLabelHidden = false,
  description,
  checked,
  onChange,
  disabled = false,
}: SwitchProps) => {
  const id = useId();
  return (
    <div className={styles.root}>
      <button
        type="button"
        role="switch"
        id={id}
        className={styles.track}
        aria-checked={checked}
        aria-labelledby={`${id}-label`}
        aria-describedby={description === undefined ? undefined : `${id}-description`}
        disabled={disabled}
        onClick={() => onChange(!checked)}
      >
        <span className={styles.thumb} />
      </button>
      <label className={styles.words} htmlFor={id} data-hidden={isLabelHidden || undefined}>
        <span id={`${id}-label`}>{label}</span>
        {description !== undefined && (
          <span id={`${id}-description`} className={styles.description}>
            {description}
          </span>
        )}
      </label>
    </div>
  );
};
