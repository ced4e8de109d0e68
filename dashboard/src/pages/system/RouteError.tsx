import { useQueryErrorResetBoundary } from '@tanstack/react-query';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { Link, useMatches, useRouter } from '@tanstack/react-router';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useServerReturn } from '../../hooks/use-server-return.ts';
import { toProblem } from '../../lib/errors.ts';
import { isMissingChunk } from '../../lib/reload.ts';
import { Button, buttonLook } from '../../ui/Button.tsx';
import { Spinner } from '../../ui/Spinner.tsx';
import { MessageScreen } from './MessageScreen.tsx';

/** Whatever stopped a page from being shown. When it is only that nobody answers, the page comes back by itself. */
export const RouteError = ({ error, reset }: ErrorComponentProps) => {
  const router = useRouter();
  const { reset: resetQueries } = useQueryErrorResetBoundary();
  const isInFrame = useMatches().some((match) => match.routeId === '/app' && match.status === 'success');
  const problem = toProblem(error);
  const isChunkMissing = isMissingChunk(error);
  const isGone = isChunkMissing || problem.code === 'server_gone';
  usePageTitle(isGone ? 'No answer' : 'Error');
  const tryAgain = () => {
    if (isChunkMissing) return location.reload();
    resetQueries();
    reset();
    void router.invalidate();
  };
  useServerReturn(isGone, tryAgain);

  if (isGone) {
    return (
      <MessageScreen
        title="Server Box does not answer"
        isInline={isInFrame}
        role="status"
        actions={<Button onClick={tryAgain}>Try now</Button>}
        trace={
          <>
            <Spinner /> Retrying. This page comes back by itself.
          </>
        }
      >
        Check that Server Box runs and that this device is online.
      </MessageScreen>
    );
  }
  return (
    <MessageScreen
      title="This page could not be shown"
      isInline={isInFrame}
      role="alert"
      actions={
        <>
          <Button variant="primary" onClick={tryAgain}>
            Try again
          </Button>
          <Link to="/" {...buttonLook({ variant: 'secondary' })}>
            Go to the overview
          </Link>
        </>
      }
      trace={
        <>
          <code>{problem.code}</code>
          {problem.requestId !== undefined && <code>{problem.requestId}</code>}
        </>
      }
    >
      <p>{problem.message}</p>
      <p>{problem.hint}</p>
    </MessageScreen>
  );
};
