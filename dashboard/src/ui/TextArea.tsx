import type { Ref, TextareaHTMLAttributes } from 'react';
import styles from './TextArea.module.css';

export interface TextAreaProps extends TextareaHTMLAttributes<HTMLTextAreaElement> {
  isInvalid?: boolean | undefined;
  /** For code, keys and configuration. */
  isMono?: boolean | undefined;
  ref?: Ref<HTMLTextAreaElement>;
}

/** Text of several lines. Its label comes from `Field`. */
export const TextArea = ({ isInvalid = false, isMono = false, ...rest }: TextAreaProps) => (
  <textarea
    {...rest}
    className={styles.root}
    data-mono={isMono || undefined}
    aria-invalid={isInvalid || undefined}
    spellCheck={isMono ? false : rest.spellCheck}
  />
);
