/**
 * Who may go in, who has to sign in first, and for whom the set-up is still to be done. A stranger is known by the one
 * question that anybody may ask, so that nothing which needs a session is asked in vain.
 */
import type { User } from '@serverbox/contract/auth';
import { redirect } from '@tanstack/react-router';
import { isProblemCode } from '../../lib/errors.ts';
import { ASK_ONCE } from '../../lib/trpc.ts';
import type { RouterContext } from '../../routes.tsx';
import type { LoginSearch } from './search.ts';

/** Never from the cache: signing in and out changes the answer. */
const askDoor = ({ queryClient, trpc }: RouterContext) =>
  queryClient.fetchQuery({ ...trpc.auth.setupState.queryOptions(), staleTime: 0 });

/** Undefined when the core knows nobody by this session. */
const findViewer = async ({ queryClient, trpc }: RouterContext, isAskedOnce: boolean): Promise<User | undefined> => {
  try {
    return await queryClient.fetchQuery(trpc.auth.me.queryOptions(undefined, isAskedOnce ? ASK_ONCE : {}));
  } catch (error) {
    if (!isProblemCode(error, 'unauthenticated')) throw error;
    return undefined;
  }
};

/** Answers who is signed in. @throws a redirect to the set-up or to the login, from where one comes back to `href` */
export const enterApp = async (context: RouterContext, href: string): Promise<{ viewer: User }> => {
  const known = context.queryClient.getQueryData(context.trpc.auth.me.queryKey());
  if (known !== undefined) return { viewer: known };
  // Both in one request: whoever is signed in waits for a single answer, and so does a stranger.
  const [door, first] = await Promise.all([askDoor(context), findViewer(context, true)]);
  const viewer = first ?? (door.hasSession ? await findViewer(context, false) : undefined);
  if (viewer !== undefined) return { viewer };
  if (door.needed) throw redirect({ to: '/setup', replace: true });
  throw redirect({ to: '/login', search: href === '/' ? {} : { next: href }, replace: true });
};

/** Whoever is known to be signed in has no use for the login. */
export const enterLogin = ({ queryClient, trpc }: RouterContext, { next = '/' }: LoginSearch): void => {
  if (queryClient.getQueryData(trpc.auth.me.queryKey()) !== undefined) throw redirect({ href: next, replace: true });
};

/** Where somebody who has opened the login belongs instead, if anywhere. The form does not wait for the answer. */
export const findElsewhere = async (
  context: RouterContext,
  { next = '/', notice }: LoginSearch,
): Promise<string | undefined> => {
  const { needed, hasSession } = await askDoor(context);
  if (needed) return '/setup';
  // Who is told that the session has ended still carries its cookie.
  if (!hasSession || notice !== undefined) return undefined;
  return (await findViewer(context, false)) === undefined ? undefined : next;
};
