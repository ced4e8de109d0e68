import type { User } from '@serverbox/contract/auth';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useAppearance } from '../../hooks/use-appearance.ts';
import { useTRPC } from '../../lib/trpc.ts';

/** What follows a successful login or set-up: remember who it is, take over their appearance, go on. */
export const useSignIn = () => {
  const router = useRouter();
  const queryClient = useQueryClient();
  const appearance = useAppearance();
  const trpc = useTRPC();
  return async (user: User, next: string): Promise<void> => {
    queryClient.setQueryData(trpc.auth.me.queryKey(), user);
    appearance.set(user.preferences);
    await router.navigate({ href: next, replace: true });
  };
};
