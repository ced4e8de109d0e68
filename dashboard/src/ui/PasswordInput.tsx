import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import type { InputProps } from './Input.tsx';
import { Input } from './Input.tsx';
import styles from './PasswordInput.module.css';
import { ratePassword } from './password-strength.ts';

export interface PasswordInputProps extends Omit<InputProps, 'type' | 'trailing' | 'value'> {
  value: string;
  /** Shows how hard the password is to guess; for new passwords only. */
  hasMeter?: boolean;
}

const StrengthMeter = ({ password }: { password: string }) => {
  const { score, label } = ratePassword(password);
  return (
    <div className={styles.meter} data-score={password === '' ? undefined : score}>
      <div className={styles.bars} aria-hidden="true">
        {[1, 2, 3, 4].map((step) => (
          <span key={step} className={styles.bar} data-filled={score >= step || undefined} />
        ))}
      </div>
      <span className={styles.label} aria-live="polite">
        {password === '' ? '' : label}
      </span>
    </div>
  );
};

export const PasswordInput = ({ hasMeter = false, value, ...rest }: PasswordInputProps) => {
  const [isShown, setIsShown] = useState(false);
  const IconOf = isShown ? EyeOff : Eye;
  return (
    <>
      <Input
        {...rest}
        value={value}
        type={isShown ? 'text' : 'password'}
        spellCheck={false}
        autoCapitalize="none"
        trailing={
          <button
            type="button"
            className={styles.toggle}
            aria-label={isShown ? 'Hide password' : 'Show password'}
            aria-pressed={isShown}
            onClick={() => setIsShown(!isShown)}
          >
            <IconOf size={16} aria-hidden="true" />
          </button>
        }
      />
      {hasMeter && <StrengthMeter password={value} />}
    </>
  );
};
