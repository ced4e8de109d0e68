import { useId } from 'react';
import styles from './Segmented.module.css';
import type { Icon } from './types.ts';

export interface SegmentedProps<V extends string> {
  label: string;
  value: V;
  onChange: (value: V) => void;
  options: readonly { value: V; label: string; icon?: Icon }[];
  size?: 'sm' | 'md';
}

/** A choice of few, all visible: radio buttons in the shape of one control. */
export const Segmented = <V extends string>({ label, value, onChange, options, size = 'md' }: SegmentedProps<V>) => {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className={styles.root} data-size={size}>
      {options.map(({ value: each, label: words, icon: IconOf }) => (
        <label key={each} className={styles.option} data-checked={each === value || undefined}>
          <input
            type="radio"
            name={name}
            className={styles.input}
            checked={each === value}
            onChange={() => onChange(each)}
          />
          {IconOf !== undefined && <IconOf size={14} aria-hidden="true" />}
          {words}
        </label>
      ))}
    </div>
  );
};
