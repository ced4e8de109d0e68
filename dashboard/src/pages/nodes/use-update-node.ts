import { useMutation } from '@tanstack/react-query';
import { useTRPC } from '../../lib/trpc.ts';
import { useRefreshNodes } from './use-refresh-nodes.ts';

/** Changes a node's name, note or tags. `onDone` is called when what is shown has been read again. */
export const useUpdateNode = (onDone: () => void) => {
  const trpc = useTRPC();
  const refresh = useRefreshNodes();
  return useMutation(
    trpc.nodes.update.mutationOptions({
      onSuccess: async () => {
        await refresh();
        onDone();
      },
    }),
  );
};
