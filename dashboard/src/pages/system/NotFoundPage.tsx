import { Link, useMatches } from '@tanstack/react-router';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { buttonLook } from '../../ui/Button.tsx';
import { MessageScreen } from './MessageScreen.tsx';

/** For addresses that lead nowhere; inside the frame when somebody is signed in. */
export const NotFoundPage = () => {
  usePageTitle('Not found');
  const isInFrame = useMatches().some((match) => match.routeId === '/app');
  return (
    <MessageScreen
      title="There is no such page"
      isInline={isInFrame}
      actions={
        <Link to="/" {...buttonLook({ variant: 'primary' })}>
          Go to the overview
        </Link>
      }
    >
      The address may be mistyped, or what it led to was removed.
    </MessageScreen>
  );
};
