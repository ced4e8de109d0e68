import type { NodeDetail } from '@serverbox/contract/nodes';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTRPC, useTRPCClient } from '../../lib/trpc.ts';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { useToast } from '../../ui/toast.ts';
import { REMOVAL_KEY } from './removal.ts';
import { nodeRemovalWords, removalName } from './removal-words.ts';
import { useRefreshNodes } from './use-refresh-nodes.ts';

/** Removes the node of this page; the list follows, so that nobody asks again for what is gone. */
export const RemoveNodeDialog = ({ node, isOpen, onClose }: { node: NodeDetail; isOpen: boolean; onClose(): void }) => {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const refresh = useRefreshNodes();
  const removal = useMutation({
    mutationKey: REMOVAL_KEY,
    mutationFn: async () => {
      await client.nodes.remove.mutate({ nodeId: node.id });
      toast.show({ tone: 'success', title: `${node.name} removed` });
      queries.setQueryData(
        trpc.nodes.list.queryKey({}),
        (list) => list && { ...list, items: list.items.filter(({ id }) => id !== node.id) },
      );
      await navigate({ to: '/nodes' });
      queries.removeQueries(trpc.nodes.get.queryFilter({ nodeId: node.id }));
    },
  });
  return (
    <ConfirmDialog
      open={isOpen}
      onOpenChange={(open) => open || onClose()}
      title={`Remove ${node.name}?`}
      description="This cannot be undone."
      consequences={nodeRemovalWords([node])}
      typedName={removalName([node])}
      confirmLabel="Remove node"
      onConfirm={async () => {
        await removal.mutateAsync();
        await refresh();
      }}
    />
  );
};
