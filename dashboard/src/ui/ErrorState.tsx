import { RotateCw, TriangleAlert } from 'lucide-react';
import { Button } from './Button.tsx';
import { CopyButton } from './CopyButton.tsx';
import styles from './ErrorState.module.css';

export interface ErrorStateProps {
  /** What could not be done: "Could not load the containers". */
  title: string;
  /** Why, as a sentence. */
  message: string;
  /** What to try. */
  hint?: string | undefined;
  code?: string | undefined;
  requestId?: string | undefined;
  onRetry?: (() => void) | undefined;
  isRetrying?: boolean | undefined;
  size?: 'page' | 'card' | undefined;
}

/** What failed, why, what to try, and how to find it in the log: in the place of what could not be shown. */
export const ErrorState = ({
  title,
  message,
  hint,
  code,
  requestId,
  onRetry,
  isRetrying = false,
  size = 'card',
}: ErrorStateProps) => (
  <div className={styles.root} data-size={size} role="alert">
    <span className={styles.icon}>
      <TriangleAlert size={20} strokeWidth={1.75} aria-hidden="true" />
    </span>
    <p className={styles.title}>{title}</p>
    <p className={styles.message}>{message}</p>
    {hint !== undefined && <p className={styles.hint}>{hint}</p>}
    {onRetry !== undefined && (
      <div className={styles.action}>
        <Button icon={RotateCw} isBusy={isRetrying} onClick={onRetry}>
          Try again
        </Button>
      </div>
    )}
    {(code !== undefined || requestId !== undefined) && (
      <p className={styles.trace}>
        {code !== undefined && <code>{code}</code>}
        {requestId !== undefined && (
          <>
            <code>{requestId}</code>
            <CopyButton text={requestId} label="Copy request id" />
          </>
        )}
      </p>
    )}
  </div>
);
