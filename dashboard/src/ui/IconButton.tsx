import type { ButtonHTMLAttributes, Ref } from 'react';
import { classNames } from './class-names.ts';
import styles from './IconButton.module.css';
import { Spinner } from './Spinner.tsx';
import type { Icon } from './types.ts';

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> {
  /** The accessible name, also shown as tooltip. */
  label: string;
  icon: Icon;
  variant?: 'ghost' | 'secondary' | 'danger' | undefined;
  size?: 'sm' | 'md' | undefined;
  isPressed?: boolean | undefined;
  isBusy?: boolean | undefined;
  disabledReason?: string | undefined;
  ref?: Ref<HTMLButtonElement>;
}

/** A button without words. It needs a label all the same, which also is its tooltip. */
export const IconButton = ({
  label,
  icon: IconOf,
  variant = 'ghost',
  size = 'md',
  isPressed,
  isBusy = false,
  disabledReason,
  className,
  onClick,
  ...rest
}: IconButtonProps) => {
  const isBlocked = isBusy || disabledReason !== undefined;
  return (
    <button
      type="button"
      data-tooltip={disabledReason ?? label}
      {...rest}
      className={classNames(styles.root, className)}
      data-variant={variant}
      data-size={size}
      aria-label={label}
      aria-description={disabledReason}
      aria-pressed={isPressed}
      aria-busy={isBusy || undefined}
      aria-disabled={isBlocked || undefined}
      onClick={isBlocked ? (event) => event.preventDefault() : onClick}
    >
      {isBusy ? <Spinner /> : <IconOf size={size === 'sm' ? 15 : 17} strokeWidth={1.9} aria-hidden="true" />}
    </button>
  );
};
