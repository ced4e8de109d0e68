import { useIsMutating } from '@tanstack/react-query';
import type { ActTarget } from './container-acts.ts';

/** Marks removals under way, from the request until the reader has been led elsewhere. */
export const REMOVAL_KEY = ['container removal'] as const;

/** Whether this container is being removed in this tab. Whoever shows it does not ask for it meanwhile. */
export const useIsBeingRemoved = (containerId: string): boolean =>
  useIsMutating({
    mutationKey: REMOVAL_KEY,
    predicate: ({ state }) => (state.variables as { target: ActTarget } | undefined)?.target.id === containerId,
  }) > 0;
