import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import styles from './Button.module.css';
import { classNames } from './class-names.ts';
import { Spinner } from './Spinner.tsx';
import type { Icon } from './types.ts';

export type ButtonVariant = 'primary' | 'secondary' | 'ghost' | 'danger';
export type ButtonSize = 'sm' | 'md';

export interface ButtonLook {
  variant?: ButtonVariant | undefined;
  size?: ButtonSize | undefined;
}

export interface ButtonProps extends ButtonLook, ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: Icon | undefined;
  isBusy?: boolean | undefined;
  /** Why it cannot be pressed now. The button stays focusable, so that the reason can be reached by keyboard. */
  disabledReason?: string | undefined;
  ref?: Ref<HTMLButtonElement>;
}

/** The look of a button for things that are none, such as links. */
export const buttonLook = ({ variant = 'secondary', size = 'md' }: ButtonLook) => ({
  className: styles.root,
  'data-variant': variant,
  'data-size': size,
});

/** What stands inside a button: the icon gives way to the spinner, so that the width stays. */
export const ButtonContent = ({
  icon: IconOf,
  isBusy,
  children,
}: {
  icon?: Icon | undefined;
  isBusy?: boolean | undefined;
  children: ReactNode;
}) => (
  <>
    {isBusy === true ? <Spinner /> : IconOf !== undefined && <IconOf size={15} strokeWidth={2} aria-hidden="true" />}
    {children}
  </>
);

/** Busy and refused buttons keep the focus and swallow the press, a submit included. */
export const Button = ({
  variant,
  size,
  icon,
  isBusy = false,
  disabledReason,
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) => {
  const look = buttonLook({ variant, size });
  const isBlocked = isBusy || disabledReason !== undefined;
  return (
    <button
      type="button"
      {...rest}
      {...look}
      className={classNames(look.className, className)}
      aria-disabled={isBlocked || undefined}
      aria-busy={isBusy || undefined}
      aria-description={disabledReason}
      data-tooltip={disabledReason}
      onClick={isBlocked ? (event) => event.preventDefault() : onClick}
    >
      <ButtonContent icon={icon} isBusy={isBusy}>
        {children}
      </ButtonContent>
    </button>
  );
};
