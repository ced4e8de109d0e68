import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useViewer } from '../../hooks/use-viewer.ts';
import { toProblem } from '../../lib/errors.ts';
import { useTRPC, useTRPCClient } from '../../lib/trpc.ts';
import type { MenuEntry } from '../../ui/Menu.tsx';
import { useToast } from '../../ui/toast.ts';
import type { ActTarget, PlainAction } from './container-acts.ts';
import { ACT_WORDS, PLAIN_ACTIONS, refusalOf, runPlainAct } from './container-acts.ts';
import type { KillSignal } from './KillDialog.tsx';
import { KillDialog } from './KillDialog.tsx';
import type { RemoveChoice } from './RemoveDialog.tsx';
import { RemoveDialog } from './RemoveDialog.tsx';

export interface ContainerActs {
  /** What can be done with it, for a menu; what cannot says why. */
  entries(target: ActTarget): MenuEntry[];
  run(action: PlainAction, target: ActTarget): Promise<void>;
  refusal(action: PlainAction | 'kill' | 'remove', target: ActTarget): string | undefined;
  askKill(target: ActTarget): void;
  askRemove(target: ActTarget): void;
  /** Ids of containers with an act under way. */
  busy: ReadonlySet<string>;
  /** Reads everything about containers again: what they are now is what the core says. */
  refresh(): Promise<void>;
}

const toggled = (ids: ReadonlySet<string>, id: string, isIn: boolean): ReadonlySet<string> => {
  const next = new Set(ids);
  if (isIn) next.add(id);
  else next.delete(id);
  return next;
};

/** Everything that a list or page needs to act on containers; `dialogs` has to be rendered once. */
export const useContainerActs = (onRemoved?: () => void): { acts: ContainerActs; dialogs: ReactNode } => {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const toast = useToast();
  const { permissions } = useViewer();
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set());
  const [killing, setKilling] = useState<ActTarget | null>(null);
  const [removing, setRemoving] = useState<ActTarget | null>(null);

  const may = (permission: (typeof permissions)[number]) => permissions.includes(permission);
  const refresh = async () => {
    await Promise.all([
      queries.invalidateQueries(trpc.docker.containers.pathFilter()),
      queries.invalidateQueries(trpc.overview.pathFilter()),
    ]);
  };
  const run = async (action: PlainAction, target: ActTarget) => {
    setBusy((ids) => toggled(ids, target.id, true));
    try {
      await runPlainAct(client, action, target);
      toast.show({ tone: 'success', title: `${target.name} ${ACT_WORDS[action].done}` });
    } catch (error) {
      toast.problem(`Could not ${action} ${target.name}`, toProblem(error));
    } finally {
      setBusy((ids) => toggled(ids, target.id, false));
      await refresh();
    }
  };
  const kill = async ({ nodeId, id }: ActTarget, signal: KillSignal) => {
    await client.docker.containers.kill.mutate({ nodeId, containerId: id, signal });
    await refresh();
  };
  const remove = async ({ nodeId, id, name }: ActTarget, choice: RemoveChoice) => {
    await client.docker.containers.remove.mutate({ nodeId, containerId: id, ...choice });
    toast.show({ tone: 'success', title: `${name} removed` });
    onRemoved?.();
    await refresh();
  };

  const acts: ContainerActs = {
    busy,
    run,
    refresh,
    askKill: setKilling,
    askRemove: setRemoving,
    refusal: (action, target) => refusalOf(action, target, may),
    entries: (target) => [
      ...PLAIN_ACTIONS.map((action) => ({
        label: ACT_WORDS[action].label,
        icon: ACT_WORDS[action].icon,
        disabledReason: refusalOf(action, target, may),
        onSelect: () => void run(action, target),
      })),
      { separator: true },
      {
        label: ACT_WORDS.kill.label,
        icon: ACT_WORDS.kill.icon,
        disabledReason: refusalOf('kill', target, may),
        onSelect: () => setKilling(target),
      },
      {
        label: ACT_WORDS.remove.label,
        icon: ACT_WORDS.remove.icon,
        tone: 'danger',
        disabledReason: refusalOf('remove', target, may),
        onSelect: () => setRemoving(target),
      },
    ],
  };
  const dialogs = (
    <>
      <KillDialog target={killing} onClose={() => setKilling(null)} onConfirm={kill} />
      <RemoveDialog target={removing} onClose={() => setRemoving(null)} onConfirm={remove} />
    </>
  );
  return { acts, dialogs };
};
