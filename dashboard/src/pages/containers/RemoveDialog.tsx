import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useTRPC } from '../../lib/trpc.ts';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import type { ActTarget } from './container-acts.ts';
import { removalWords } from './removal-words.ts';

export interface RemoveChoice {
  volumes: boolean;
  /** Stops it first when it runs. */
  force: boolean;
}

interface Props {
  target: ActTarget | null;
  onClose(): void;
  onConfirm(target: ActTarget, choice: RemoveChoice): Promise<unknown>;
}

/** Asks for the plan first, so that nobody removes more than they know. */
export const RemoveDialog = ({ target, onClose, onConfirm }: Props) => {
  const trpc = useTRPC();
  const [takesVolumes, setTakesVolumes] = useState(false);
  const input = target && { nodeId: target.nodeId, containerId: target.id };
  const plan = useQuery({
    ...trpc.docker.containers.removalPlan.queryOptions(input ?? ({} as NonNullable<typeof input>)),
    enabled: input !== null,
    staleTime: 0,
    gcTime: 0,
  });
  useEffect(() => {
    if (target === null) setTakesVolumes(false);
  }, [target]);

  const confirm = async () => {
    if (target === null || plan.data === undefined) return;
    await onConfirm(target, { volumes: takesVolumes, force: plan.data.isRunning });
  };
  return (
    <ConfirmDialog
      open={target !== null}
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={`Remove ${target?.name ?? 'the container'}?`}
      description={target === null ? undefined : `On ${target.nodeName}. This cannot be undone.`}
      isLoading={plan.isPending}
      consequences={plan.data === undefined ? [] : removalWords(plan.data, takesVolumes)}
      typedName={plan.data?.isRunning || takesVolumes ? target?.name : undefined}
      confirmLabel="Remove container"
      onConfirm={confirm}
    >
      {plan.isError && (
        <QueryError
          size="card"
          what="what goes with it"
          error={plan.error}
          onRetry={() => plan.refetch()}
          isRetrying={plan.isFetching}
        />
      )}
      {plan.data !== undefined && plan.data.anonymousVolumes.length > 0 && (
        <Checkbox label="Delete its unnamed volumes too" checked={takesVolumes} onChange={setTakesVolumes} />
      )}
    </ConfirmDialog>
  );
};
