import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useViewer } from '../../hooks/use-viewer.ts';
import { useTRPCClient } from '../../lib/trpc.ts';
import type { MenuEntry } from '../../ui/Menu.tsx';
import { useToast } from '../../ui/toast.ts';
import type { ActTarget, PlainAction } from './container-acts.ts';
import { ACT_WORDS, menuLabel, PLAIN_ACTIONS, refusalOf } from './container-acts.ts';
import type { KillSignal } from './KillDialog.tsx';
import { KillDialog } from './KillDialog.tsx';
import type { RemoveChoice } from './RemoveDialog.tsx';
import { RemoveDialog } from './RemoveDialog.tsx';
import { REMOVAL_KEY } from './removal.ts';
import type { PlainActs } from './use-plain-acts.tsx';
import { usePlainActs } from './use-plain-acts.tsx';

export interface ContainerActs extends PlainActs {
  /** What can be done with it, for a menu; what cannot says why. */
  entries(target: ActTarget): MenuEntry[];
  refusal(action: PlainAction | 'kill' | 'remove', target: ActTarget): string | undefined;
}

/**
 * Everything that a list or page needs to act on containers; `dialogs` has to be rendered once. A removal is over when
 * `onRemoved` is: until then nobody asks for what has just gone.
 */
export const useContainerActs = (onRemoved?: () => Promise<unknown>): { acts: ContainerActs; dialogs: ReactNode } => {
  const client = useTRPCClient();
  const toast = useToast();
  const { permissions } = useViewer();
  const { acts: plain, question } = usePlainActs();
  const [killing, setKilling] = useState<ActTarget | null>(null);
  const [removing, setRemoving] = useState<ActTarget | null>(null);

  const may = (permission: (typeof permissions)[number]) => permissions.includes(permission);
  const kill = async ({ nodeId, id }: ActTarget, signal: KillSignal) => {
    await client.docker.containers.kill.mutate({ nodeId, containerId: id, signal });
    await plain.refresh();
  };
  const removal = useMutation({
    mutationKey: REMOVAL_KEY,
    mutationFn: async ({ target, choice }: { target: ActTarget; choice: RemoveChoice }) => {
      await client.docker.containers.remove.mutate({ nodeId: target.nodeId, containerId: target.id, ...choice });
      toast.show({ tone: 'success', title: `${target.name} removed` });
      await onRemoved?.();
      await plain.refresh();
    },
  });

  const plainEntry = (action: PlainAction, target: ActTarget) => ({
    label: menuLabel(action, target),
    icon: ACT_WORDS[action].icon,
    disabledReason: refusalOf(action, target, may),
    onSelect: () => plain.request(action, target),
  });
  const acts: ContainerActs = {
    ...plain,
    refusal: (action, target) => refusalOf(action, target, may),
    entries: (target) => [
      ...PLAIN_ACTIONS.map((action) => plainEntry(action, target)),
      { separator: true },
      {
        label: menuLabel('kill', target),
        icon: ACT_WORDS.kill.icon,
        disabledReason: refusalOf('kill', target, may),
        onSelect: () => setKilling(target),
      },
      {
        label: menuLabel('remove', target),
        icon: ACT_WORDS.remove.icon,
        tone: 'danger',
        disabledReason: refusalOf('remove', target, may),
        onSelect: () => setRemoving(target),
      },
    ],
  };
  const dialogs = (
    <>
      {question}
      <KillDialog target={killing} onClose={() => setKilling(null)} onConfirm={kill} />
      <RemoveDialog
        target={removing}
        onClose={() => setRemoving(null)}
        onConfirm={(target, choice) => removal.mutateAsync({ target, choice })}
      />
    </>
  );
  return { acts, dialogs };
};
