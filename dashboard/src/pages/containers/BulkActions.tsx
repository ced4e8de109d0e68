import { useState } from 'react';
import { useTRPCClient } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import type { Consequence } from '../../ui/ConfirmDialog.tsx';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { asksFirst, consequencesOf, toneOf } from './act-rule.ts';
import { BulkResults } from './BulkResults.tsx';
import type { ItemResult } from './bulk-run.ts';
import { runBulk } from './bulk-run.ts';
import type { ActTarget } from './container-acts.ts';
import { ACT_WORDS, runPlainAct } from './container-acts.ts';
import type { ContainerActs } from './use-container-acts.tsx';

const BULK_ACTIONS = ['start', 'restart', 'stop', 'remove'] as const;
type BulkAction = (typeof BULK_ACTIONS)[number];

interface Props {
  targets: readonly ActTarget[];
  acts: ContainerActs;
  onDone(): void;
}

const countWords = (count: number) => `${count} ${count === 1 ? 'container' : 'containers'}`;

const questionOf = (action: BulkAction, possible: readonly ActTarget[], skipped: number): Consequence[] => [
  ...consequencesOf(action, possible),
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
  const verb = asked === null ? 'Act on' : ACT_WORDS[asked].label;
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
            onClick={() => (targets.some(({ state }) => asksFirst(action, state)) ? setAsked(action) : run(action))}
          >
            {ACT_WORDS[action].label}
          </Button>
        );
      })}
      <ConfirmDialog
        open={asked !== null}
        onOpenChange={(isOpen) => isOpen || setAsked(null)}
        title={`${verb} ${countWords(possible.length)}?`}
        consequences={asked === null ? [] : questionOf(asked, possible, targets.length - possible.length)}
        confirmLabel={`${verb} ${countWords(possible.length)}`}
        tone={asked === null ? 'neutral' : toneOf(asked)}
        onConfirm={async () => {
          if (asked !== null) run(asked);
        }}
      />
      <BulkResults
        results={results}
        keyOf={({ nodeId, id }) => `${nodeId}/${id}`}
        onClose={() => {
          setResults(null);
          onDone();
        }}
      />
    </>
  );
};
