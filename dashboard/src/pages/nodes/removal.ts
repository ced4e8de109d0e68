import { useIsMutating } from '@tanstack/react-query';

/** Marks the removal of a node from its own page, from the request until the reader has been led elsewhere. */
export const REMOVAL_KEY = ['node removal'] as const;

/** Whether the node of this page is being removed. What shows parts of it does not ask for them meanwhile. */
export const useIsBeingRemoved = (): boolean => useIsMutating({ mutationKey: REMOVAL_KEY }) > 0;
