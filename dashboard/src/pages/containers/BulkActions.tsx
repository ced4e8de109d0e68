import { useState } from 'react';
import { useTRPCClient } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { BulkResults } from './BulkResults.tsx';
import type { ItemResult } from './bulk-run.ts';
import { runBulk } from './bulk-run.ts';
import type { ActTarget } from './container-acts.ts';
import { ACT_WORDS, runPlainAct } from './container-acts.ts';
import type { ContainerActs } from './use-container-acts.tsx';

const BULK_ACTIONS = ['start', 'restart', 'stop', 'remove'] as const;
type BulkAction = (typeof BULK_ACTIONS)[number];

const VERBS: Record<BulkAction, string> = { start: 'Start', restart: 'Restart', stop: 'Stop', remove: 'Remove' };

interface Props {
  targets: readonly ActTarget[];
  acts: ContainerActs;
  onDone(): void;
}

const countWords = (count: number) => `${count} ${count === 1 ? 'container' : 'containers'}`;

/** What stops answering when these go: asked before, because many at once are seldom undone one by one. */
const consequencesOf = (action: BulkAction, possible: readonly ActTarget[], skipped: number) => [
  ...possible.map((target) => ({
    text: `${target.name} on ${target.nodeName}`,
    tone: action === 'start' ? ('neutral' as const) : ('warning' as const),
  })),
  ...(skipped > 0 ? [{ text: `${countWords(skipped)} will be left as they are: their state does not allow it.` }] : []),
];

export const BulkActions = ({ targets, acts, onDone }: Props) => {
  const client = useTRPCClient();
  const [asked, setAsked] = useState<BulkAction | null>(null);
  const [results, setResults] = useState<ReadonlyMap<ActTarget, ItemResult> | null>(null);

  // Removing a running container needs its own dialog with its own plan; the bulk takes only those that have stopped.
  const refusal = (action: BulkAction, target: ActTarget) =>
    action === 'remove' && target.state === 'running' ? 'It is running. Stop it first.' : acts.refusal(action, target);

  const run = (action: BulkAction) => {
    setResults(new Map(targets.map((target) => [target, { is: 'waiting' }])));
    const act = async (target: ActTarget) => {
      if (action === 'remove')
        await client.docker.containers.remove.mutate({ nodeId: target.nodeId, containerId: target.id });
      else await runPlainAct(client, action, target);
    };
    const onResult = (target: ActTarget, result: ItemResult) =>
      setResults((known) => new Map(known).set(target, result));
    void runBulk({ targets, act, onResult, refusal: (target) => refusal(action, target) }).then(acts.refresh);
  };

  const possible = asked === null ? [] : targets.filter((target) => refusal(asked, target) === undefined);
  return (
    <>
      {BULK_ACTIONS.map((action) => {
        const reasons = targets.map((target) => refusal(action, target));
        const isPossible = reasons.some((reason) => reason === undefined);
        return (
          <Button
            key={action}
            size="sm"
            variant={action === 'remove' ? 'danger' : 'secondary'}
            icon={ACT_WORDS[action].icon}
            disabledReason={isPossible ? undefined : (reasons[0] ?? 'Nothing is selected.')}
            onClick={() => setAsked(action)}
          >
            {VERBS[action]}
          </Button>
        );
      })}
      <ConfirmDialog
        open={asked !== null}
        onOpenChange={(isOpen) => isOpen || setAsked(null)}
        title={`${asked === null ? 'Act on' : VERBS[asked]} ${countWords(possible.length)}?`}
        consequences={asked === null ? [] : consequencesOf(asked, possible, targets.length - possible.length)}
        confirmLabel={`${asked === null ? 'Act on' : VERBS[asked]} ${countWords(possible.length)}`}
        tone={asked === 'stop' || asked === 'remove' ? 'danger' : 'neutral'}
        onConfirm={async () => {
          if (asked !== null) run(asked);
        }}
      />
      <BulkResults
        results={results}
        onClose={() => {
          setResults(null);
          onDone();
        }}
      />
    </>
  );
};
