import { useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '../../lib/trpc.ts';

/** Reads everything about nodes again after one was changed: lists, pages, groups and their counts. */
export const useRefreshNodes = (): (() => Promise<void>) => {
  const trpc = useTRPC();
  const client = useQueryClient();
  return async () => {
    await Promise.all([
      client.invalidateQueries(trpc.nodes.pathFilter()),
      client.invalidateQueries(trpc.groups.pathFilter()),
      client.invalidateQueries(trpc.overview.pathFilter()),
    ]);
  };
};
