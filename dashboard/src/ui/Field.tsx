import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useId } from 'react';
import styles from './Field.module.css';

export interface FieldIds {
  id: string;
  describedBy: string | undefined;
  isInvalid: boolean;
}

export interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  /** Stands at the end of the label's line. */
  aside?: ReactNode;
  children: (ids: FieldIds) => ReactNode;
}

/** Label, control, and the hint or error that describes it. */
export const Field = ({ label, hint, error, aside, children }: FieldProps) => {
  const id = useId();
  const noteId = `${id}-note`;
  const isInvalid = error !== undefined;
  const hasNote = isInvalid || hint !== undefined;
  return (
    <div className={styles.root}>
      <div className={styles.head}>
        <label className={styles.label} htmlFor={id}>
          {label}
        </label>
        {aside}
      </div>
      {children({ id, describedBy: hasNote ? noteId : undefined, isInvalid })}
      {hasNote && (
        <p
          id={noteId}
          className={styles.note}
          data-invalid={isInvalid || undefined}
          role={isInvalid ? 'alert' : undefined}
        >
          {isInvalid && <CircleAlert size={13} aria-hidden="true" />}
          {error ?? hint}
        </p>
      )}
    </div>
  );
};
