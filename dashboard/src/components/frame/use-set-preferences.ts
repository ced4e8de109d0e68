import type { Preferences } from '@serverbox/contract/preferences';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useAppearance } from '../../hooks/use-appearance.ts';
import { toProblem } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { useToast } from '../../ui/toast.ts';

/** Changes some preferences: on this screen at once, on the server right after, so that they follow the user. */
export const useSetPreferences = (): ((change: Partial<Preferences>) => void) => {
  const trpc = useTRPC();
  const toast = useToast();
  const appearance = useAppearance();
  const queryClient = useQueryClient();
  const save = useMutation(
    trpc.auth.setPreferences.mutationOptions({
      // Clicks may be faster than answers: in one scope they are saved in the order in which they were made.
      scope: { id: 'preferences' },
      onSuccess: (preferences) =>
        queryClient.setQueryData(trpc.auth.me.queryKey(), (viewer) =>
          viewer === undefined ? viewer : { ...viewer, preferences },
        ),
      onError: (error) => toast.problem('Could not save the appearance', toProblem(error)),
    }),
  );
  return (change) => {
    const next = { ...appearance.get(), ...change };
    appearance.set(next);
    save.mutate(next);
  };
};
