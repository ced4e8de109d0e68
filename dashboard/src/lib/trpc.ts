/** The typed way to the core. A procedure that meets an expired session refreshes it once and repeats itself. */
import type { AppRouter } from '@serverbox/core/router';
import type { TRPCClient, TRPCLink } from '@trpc/client';
import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { createTRPCContext } from '@trpc/tanstack-react-query';
import { isProblemCode } from './errors.ts';
import type { SessionKeeper } from './http.ts';

/** Hooks that give components the typed procedures: options for queries, or the client for imperative calls. */
export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

/** For the first question of a visit: being unknown is an answer then, and no reason to renew a session. */
export const ASK_ONCE = { trpc: { context: { isAskedOnce: true } } } as const;

/**
 * Repeats an operation after `unauthenticated`, if the session could be refreshed. It stands before the batching link
 * because within a batch one procedure may be refused while its neighbours succeed (HTTP 207).
 */
export const refreshLink =
  (ensureFresh: () => Promise<boolean>): TRPCLink<AppRouter> =>
  () =>
  ({ op, next }) =>
    observable((observer) => {
      let stop = next(op).subscribe({
        next: (value) => observer.next(value),
        complete: () => observer.complete(),
        error: (failure) => {
          if (op.context.isAskedOnce === true || !isProblemCode(failure, 'unauthenticated'))
            return observer.error(failure);
          ensureFresh().then(
            (isFresh) => {
              if (isFresh) stop = next(op).subscribe(observer);
              else observer.error(failure);
            },
            // The refresh itself got no answer: that is not proof of being signed out, so the session is kept.
            (cause: unknown) =>
              observer.error(TRPCClientError.from(cause instanceof Error ? cause : new Error(String(cause)))),
          );
        },
      });
      return () => stop.unsubscribe();
    });

/** One batch per tick over HTTP, after the link that renews the session. */
export const createClient = (keeper: SessionKeeper): TRPCClient<AppRouter> =>
  createTRPCClient<AppRouter>({
    links: [refreshLink(keeper.ensureFresh), httpBatchLink({ url: '/trpc', maxURLLength: 4000 })],
  });
