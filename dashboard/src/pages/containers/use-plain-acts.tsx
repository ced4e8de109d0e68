import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { toProblem } from '../../lib/errors.ts';
import { useTRPC, useTRPCClient } from '../../lib/trpc.ts';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { useToast } from '../../ui/toast.ts';
import { asksFirst, consequencesOf, toneOf } from './act-rule.ts';
import type { ActTarget, PlainAction } from './container-acts.ts';
import { ACT_WORDS, runPlainAct } from './container-acts.ts';

export interface PlainActs {
  /** Does it, or asks first where the rule says so. Whatever comes of it is told by a toast or in the question. */
  request(action: PlainAction, target: ActTarget): void;
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

/** The acts that need nothing more to be decided; `question` has to be rendered once. */
export const usePlainActs = (): { acts: PlainActs; question: ReactNode } => {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const toast = useToast();
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<{ action: PlainAction; target: ActTarget }>();
  const [isAsking, setIsAsking] = useState(false);

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
  const request = (action: PlainAction, target: ActTarget) => {
    if (!asksFirst(action, target.state)) return void run(action, target);
    setAsked({ action, target });
    setIsAsking(true);
  };

  // The words stay while the dialog fades away.
  const question = asked !== undefined && (
    <ConfirmDialog
      open={isAsking}
      onOpenChange={setIsAsking}
      title={`${ACT_WORDS[asked.action].label} ${asked.target.name}?`}
      consequences={consequencesOf(asked.action, [asked.target])}
      confirmLabel={`${ACT_WORDS[asked.action].label} container`}
      tone={toneOf(asked.action)}
      // A stop may take its ten seconds: the row says that it is under way, and the dialog is out of the way.
      onConfirm={async () => void run(asked.action, asked.target)}
    />
  );
  return { acts: { request, busy, refresh }, question };
};
