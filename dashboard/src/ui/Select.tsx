import { Select as Base } from '@base-ui/react/select';
import { Check, ChevronsUpDown } from 'lucide-react';
import styles from './Select.module.css';
import type { Icon } from './types.ts';

export interface SelectOption<V extends string> {
  value: V;
  label: string;
  hint?: string | undefined;
  isDisabled?: boolean | undefined;
}

export interface SelectProps<V extends string> {
  label: string;
  /** Writes the label into the control, before the value: "State: all". */
  isLabelVisible?: boolean;
  value: V;
  onChange: (value: V) => void;
  options: readonly SelectOption<V>[];
  size?: 'sm' | 'md';
  icon?: Icon;
}

const OptionRow = <V extends string>({ option }: { option: SelectOption<V> }) => (
  <Base.Item value={option.value} disabled={option.isDisabled ?? false} className={styles.item}>
    <span className={styles.check}>
      <Base.ItemIndicator>
        <Check size={14} aria-hidden="true" />
      </Base.ItemIndicator>
    </span>
    <Base.ItemText className={styles.text}>{option.label}</Base.ItemText>
    {option.hint !== undefined && <span className={styles.hint}>{option.hint}</span>}
  </Base.Item>
);

/** A choice of many. For two to four that fit in a line use `Segmented`. */
export const Select = <V extends string>({
  label,
  isLabelVisible = false,
  value,
  onChange,
  options,
  size = 'md',
  icon: IconOf,
}: SelectProps<V>) => (
  <Base.Root
    value={value}
    items={options.map((option) => ({ value: option.value, label: option.label }))}
    onValueChange={(next: V | null) => next !== null && onChange(next)}
    modal={false}
  >
    <Base.Trigger className={styles.trigger} data-size={size} aria-label={label}>
      {IconOf !== undefined && <IconOf size={15} aria-hidden="true" className={styles.icon} />}
      {isLabelVisible && <span className={styles.label}>{label}</span>}
      <Base.Value className={styles.value} />
      <Base.Icon className={styles.icon}>
        <ChevronsUpDown size={14} aria-hidden="true" />
      </Base.Icon>
    </Base.Trigger>
    <Base.Portal>
      <Base.Positioner className={styles.positioner} sideOffset={6} alignItemWithTrigger={false} collisionPadding={8}>
        <Base.Popup className={styles.popup}>
          <Base.List>
            {options.map((option) => (
              <OptionRow key={option.value} option={option} />
            ))}
          </Base.List>
        </Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  </Base.Root>
);
