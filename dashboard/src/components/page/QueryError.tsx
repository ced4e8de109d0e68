import { toProblem } from '../../lib/errors.ts';
import { ErrorState } from '../../ui/ErrorState.tsx';

export interface QueryErrorProps {
  error: unknown;
  /** What could not be loaded: "the containers". */
  what: string;
  onRetry?: (() => void) | undefined;
  isRetrying?: boolean | undefined;
  size?: 'page' | 'card' | undefined;
}

/** A failed query as people see it. */
export const QueryError = ({ error, what, onRetry, isRetrying, size }: QueryErrorProps) => {
  const { message, hint, code, requestId } = toProblem(error);
  return (
    <ErrorState
      title={`Could not load ${what}`}
      message={message}
      hint={hint}
      code={code}
      requestId={requestId}
      onRetry={onRetry}
      isRetrying={isRetrying}
      size={size}
    />
  );
};
