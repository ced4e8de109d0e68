import { QueryClient } from '@tanstack/react-query';
import { isProblemCode } from './errors.ts';

/** Live events tell when something changed; asking again after this long is only the safety net. */
const STALE_MS = 30_000;
const MAX_RETRIES = 2;

/** Only silence is worth repeating at once: the core's own answers do not get better by asking again. */
const shouldRetry = (failures: number, error: unknown): boolean =>
  failures < MAX_RETRIES && isProblemCode(error, 'server_gone', 'database_unavailable');

/** The cache of everything read from the core. It never asks by itself while the tab is hidden. */
export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        retry: shouldRetry,
        retryDelay: (failures) => 400 * 2 ** failures,
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
