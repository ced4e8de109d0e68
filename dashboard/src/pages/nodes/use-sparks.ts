import type { NodeId } from '@serverbox/contract/ids';
import type { Sparks } from '@serverbox/contract/series';
import { useQueries } from '@tanstack/react-query';
import { useTRPC } from '../../lib/trpc.ts';

type Spark = Sparks['items'][number];

const REFRESH_MS = 60_000;
/** Ids stand in the address of the request, and addresses have an end. */
const IDS_PER_REQUEST = 50;

const chunksOf = (ids: readonly NodeId[]): NodeId[][] =>
  Array.from({ length: Math.ceil(ids.length / IDS_PER_REQUEST) }, (_, index) =>
    ids.slice(index * IDS_PER_REQUEST, (index + 1) * IDS_PER_REQUEST),
  );

/** The last hour of each of these nodes, minute by minute; nothing for a node whose answer is still on its way. */
export const useSparks = (ids: readonly NodeId[]): readonly Spark[] => {
  const trpc = useTRPC();
  const answers = useQueries({
    queries: chunksOf(ids).map((chunk) =>
      trpc.nodes.sparks.queryOptions({ ids: chunk }, { refetchInterval: REFRESH_MS }),
    ),
  });
  return answers.flatMap(({ data }) => data?.items ?? []);
};
