import type { InputHTMLAttributes, ReactNode, Ref } from 'react';
import { classNames } from './class-names.ts';
import styles from './Input.module.css';
import type { Icon } from './types.ts';

export interface InputProps extends InputHTMLAttributes<HTMLInputElement> {
  icon?: Icon | undefined;
  isInvalid?: boolean | undefined;
  isMono?: boolean | undefined;
  /** Stands inside the frame at the end: a button or a hint. */
  trailing?: ReactNode;
  ref?: Ref<HTMLInputElement>;
}

/** A text field with room for an icon before and a control after the text. Its label comes from `Field`. */
export const Input = ({
  icon: IconOf,
  isInvalid = false,
  isMono = false,
  trailing,
  className,
  ...rest
}: InputProps) => (
  <span
    className={classNames(styles.frame, styles.root, className)}
    data-invalid={isInvalid || undefined}
    data-mono={isMono || undefined}
  >
    {IconOf !== undefined && <IconOf size={15} aria-hidden="true" className={styles.icon} />}
    <input {...rest} className={classNames(styles.bare, styles.input)} aria-invalid={isInvalid || undefined} />
    {trailing}
  </span>
);
