import { Check, Minus } from 'lucide-react';
import type { ReactNode } from 'react';
import { useId } from 'react';
import styles from './Checkbox.module.css';

export interface CheckboxProps {
  label: ReactNode;
  isLabelHidden?: boolean;
  description?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  isIndeterminate?: boolean;
  disabled?: boolean;
}

/** The native input underneath keeps keyboard, forms and screen readers right. */
export const Checkbox = ({
  label,
  isLabelHidden = false,
  description,
  checked,
  onChange,
  isIndeterminate = false,
  disabled = false,
}: CheckboxProps) => {
  const id = useId();
  const IconOf = isIndeterminate ? Minus : Check;
  return (
    <label className={styles.root} htmlFor={id} data-bare={isLabelHidden || undefined}>
      <input
        ref={(input) => {
          if (input !== null) input.indeterminate = isIndeterminate;
        }}
        id={id}
        type="checkbox"
        className={styles.input}
        checked={checked}
        disabled={disabled}
        aria-describedby={description === undefined ? undefined : `${id}-description`}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className={styles.box} aria-hidden="true">
        <IconOf size={12} strokeWidth={3} />
      </span>
      <span className={styles.words} data-hidden={isLabelHidden || undefined}>
        <span>{label}</span>
        {description !== undefined && (
          <span id={`${id}-description`} className={styles.description}>
            {description}
          </span>
        )}
      </span>
    </label>
  );
};
