import type { NodeSummary } from '@serverbox/contract/nodes';
import { useNavigate } from '@tanstack/react-router';
import { Play, Tag, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useViewer } from '../../hooks/use-viewer.ts';
import { useTRPCClient } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { BulkResults } from '../containers/BulkResults.tsx';
import type { ItemResult } from '../containers/bulk-run.ts';
import { runBulk } from '../containers/bulk-run.ts';
import { countNodes } from './count-words.ts';
import { nodeRemovalWords, removalName } from './removal-words.ts';
import { TagManyDialog } from './TagManyDialog.tsx';
import { useRefreshNodes } from './use-refresh-nodes.ts';

type Results = ReadonlyMap<NodeSummary, ItemResult>;

interface Props {
  nodes: readonly NodeSummary[];
  /** Every tag in use, to choose from. */
  known: readonly string[];
  onDone(): void;
}

/** What can be done with the selected nodes. Each has a result of its own. */
export const NodeBulkActions = ({ nodes, known, onDone }: Props) => {
  const client = useTRPCClient();
  const navigate = useNavigate();
  const refresh = useRefreshNodes();
  const { permissions } = useViewer();
  const [asked, setAsked] = useState<'tags' | 'remove'>();
  const [results, setResults] = useState<Results | null>(null);
  const mayManage = permissions.includes('nodes.manage') ? undefined : 'Your role does not include changing nodes.';
  const mayRun = permissions.includes('nodes.exec') ? undefined : 'Your role does not include running commands.';

  const remove = () => {
    setResults(new Map(nodes.map((node) => [node, { is: 'waiting' }])));
    void runBulk({
      targets: nodes,
      refusal: () => undefined,
      act: async ({ id }) => {
        await client.nodes.remove.mutate({ nodeId: id });
      },
      onResult: (node, result) => setResults((known) => known && new Map(known).set(node, result)),
    }).then(refresh);
  };
  return (
    <>
      <Button size="sm" icon={Tag} disabledReason={mayManage} onClick={() => setAsked('tags')}>
        Tags
      </Button>
      <Button
        size="sm"
        icon={Play}
        disabledReason={mayRun}
        onClick={() => navigate({ to: '/runs/new', state: { nodeIds: nodes.map(({ id }) => id) } })}
      >
        Run a command
      </Button>
      <Button size="sm" variant="danger" icon={Trash2} disabledReason={mayManage} onClick={() => setAsked('remove')}>
        Remove
      </Button>
      <TagManyDialog
        nodes={nodes}
        isOpen={asked === 'tags'}
        known={known}
        onClose={() => setAsked(undefined)}
        onDone={(done) => {
          setAsked(undefined);
          setResults(done);
        }}
      />
      <ConfirmDialog
        open={asked === 'remove'}
        onOpenChange={(isOpen) => isOpen || setAsked(undefined)}
        title={`Remove ${countNodes(nodes.length)}?`}
        description={nodes.map(({ name }) => name).join(', ')}
        consequences={nodeRemovalWords(nodes)}
        typedName={removalName(nodes)}
        confirmLabel={`Remove ${countNodes(nodes.length)}`}
        onConfirm={async () => remove()}
      />
      <BulkResults
        results={results}
        keyOf={({ id }) => id}
        onClose={() => {
          setResults(null);
          onDone();
        }}
      />
    </>
  );
};
