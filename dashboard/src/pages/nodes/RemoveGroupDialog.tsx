import type { Group } from '@serverbox/contract/organise';
import { useTRPCClient } from '../../lib/trpc.ts';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { useRefreshNodes } from './use-refresh-nodes.ts';

interface Props {
  group: Group | undefined;
  onClose(): void;
  onRemoved(): void;
}

export const RemoveGroupDialog = ({ group, onClose, onRemoved }: Props) => {
  const client = useTRPCClient();
  const refresh = useRefreshNodes();
  return (
    <ConfirmDialog
      open={group !== undefined}
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={`Remove group ${group?.name ?? ''}?`}
      consequences={[{ text: 'The rule goes for everybody.' }, { text: 'The nodes and their tags stay as they are.' }]}
      confirmLabel="Remove group"
      onConfirm={async () => {
        if (group === undefined) return;
        await client.groups.remove.mutate({ groupId: group.id });
        onRemoved();
        await refresh();
      }}
    />
  );
};
