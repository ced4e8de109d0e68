import type { Container } from '@serverbox/contract/containers';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '../../lib/trpc.ts';
import type { Consequence } from '../../ui/ConfirmDialog.tsx';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { useToast } from '../../ui/toast.ts';
import type { QuickAction } from './palette-items.ts';
import { ACTION_WORDS } from './palette-items.ts';

export interface AskedAct {
  action: QuickAction;
  container: Container;
}

const publishedPorts = (container: Container): string[] => [
  ...new Set(container.ports.flatMap((port) => (port.hostPort === null ? [] : [String(port.hostPort)]))),
];

/** What the act takes away, for as long as it takes it away. */
export const consequencesOf = ({ action, container }: AskedAct): Consequence[] => {
  if (action === 'start') return [];
  const ports = publishedPorts(container);
  const away = action === 'restart' ? 'until it is up again' : 'until it is started again';
  return [
    {
      text: `${container.name} on ${container.nodeName} stops ${away}.`,
      tone: action === 'stop' ? 'danger' : 'warning',
    },
    ...(ports.length === 0
      ? []
      : [{ text: `Nothing answers on port ${ports.join(', ')} meanwhile.`, tone: 'warning' as const }]),
  ];
};

const DONE: Record<QuickAction, string> = { start: 'started', stop: 'stopped', restart: 'restarted' };

/** Confirms an act that was chosen in the palette, and does it. */
export const ContainerActConfirm = ({ asked, onClose }: { asked: AskedAct; onClose: () => void }) => {
  const trpc = useTRPC();
  const toast = useToast();
  const queryClient = useQueryClient();
  const { action, container } = asked;
  const act = useMutation(
    trpc.docker.containers[action].mutationOptions({
      onSuccess: () => {
        toast.show({ tone: 'success', title: `${container.name} was ${DONE[action]}` });
        return queryClient.invalidateQueries(trpc.docker.containers.pathFilter());
      },
    }),
  );
  const verb = ACTION_WORDS[action];
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`${verb} ${container.name}?`}
      consequences={consequencesOf(asked)}
      confirmLabel={`${verb} container`}
      tone={action === 'stop' ? 'danger' : 'neutral'}
      onConfirm={() => act.mutateAsync({ nodeId: container.nodeId, containerId: container.id })}
    />
  );
};
