import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { toProblem } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.ts';
import type { LoginSearch } from '../../pages/auth/search.ts';
import { useToast } from '../../ui/toast.ts';

/** Leaves the signed-in part: nothing that was read stays in memory for whoever comes next. */
export const useLeave = () => {
  const router = useRouter();
  const queryClient = useQueryClient();
  const trpc = useTRPC();
  return async (search: LoginSearch): Promise<void> => {
    // Whoever is still known would be led back in.
    queryClient.removeQueries(trpc.auth.me.queryFilter());
    await router.navigate({ to: '/login', search, replace: true });
    queryClient.clear();
  };
};

/** Ends the session on the server first: a failure leaves the reader where they are, with the reason. */
export const useLogOut = (): (() => void) => {
  const trpc = useTRPC();
  const toast = useToast();
  const leave = useLeave();
  const logOut = useMutation(
    trpc.auth.logout.mutationOptions({
      onSuccess: () => leave({ notice: 'signed_out' }),
      onError: (error) => toast.problem('Could not sign out', toProblem(error)),
    }),
  );
  return () => logOut.mutate();
};
