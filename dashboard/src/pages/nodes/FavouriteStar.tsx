import type { NodeSummary } from '@serverbox/contract/nodes';
import { useMutation } from '@tanstack/react-query';
import { Star } from 'lucide-react';
import { toProblem } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { useToast } from '../../ui/toast.ts';
import styles from './FavouriteStar.module.css';
import { useRefreshNodes } from './use-refresh-nodes.ts';

/** A favourite is the reader's own: nobody else sees it. The star shows the wish at once and what the core says after. */
export const FavouriteStar = ({ node }: { node: Pick<NodeSummary, 'id' | 'name' | 'isFavourite'> }) => {
  const trpc = useTRPC();
  const toast = useToast();
  const refresh = useRefreshNodes();
  const set = useMutation(
    trpc.nodes.setFavourite.mutationOptions({
      onSuccess: refresh,
      onError: (error) => toast.problem(`Could not mark ${node.name}`, toProblem(error)),
    }),
  );
  const isOn = set.isPending ? set.variables.isFavourite : node.isFavourite;
  return (
    <button
      type="button"
      className={styles.star}
      aria-pressed={isOn}
      aria-label={`Favourite ${node.name}`}
      data-tooltip={isOn ? 'Take it from your favourites' : 'Make it a favourite'}
      onClick={() => set.mutate({ nodeId: node.id, isFavourite: !isOn })}
    >
      <Star size={16} strokeWidth={1.8} aria-hidden="true" />
    </button>
  );
};
