import type { NodeId } from '@serverbox/contract/ids';
import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Group } from '@serverbox/contract/organise';
import type { Run, RunId } from '@serverbox/contract/runs';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useLocation } from '@tanstack/react-router';
import { useState } from 'react';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useTRPC, useTRPCClient } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { NoNodes } from '../NoNodes.tsx';
import { countNodes } from '../nodes/count-words.ts';
import { useRefreshOn } from '../use-refresh-on.ts';
import { CommandEditor } from './CommandEditor.tsx';
import { commandOf, draftOf, EMPTY_DRAFT } from './draft.ts';
import styles from './NewRunPage.module.css';
import { NodePicker } from './NodePicker.tsx';
import { runRefusal } from './run-refusal.ts';
import { commandLine } from './run-words.ts';

const route = getRouteApi('/app/runs/new');
const NAMED_NODES = 6;

export const NewRunPage = () => {
  const trpc = useTRPC();
  const { again } = route.useSearch();
  const nodes = useQuery(trpc.nodes.list.queryOptions({}));
  const groups = useQuery(trpc.groups.list.queryOptions({}));
  const older = useQuery(
    trpc.runs.get.queryOptions({ runId: (again ?? '') as RunId }, { enabled: again !== undefined }),
  );
  useRefreshOn(['nodes'], [trpc.nodes.list.queryFilter()]);
  const failed = [nodes, older].find((query) => query.isError && query.data === undefined);
  const isReady = nodes.data !== undefined && (again === undefined || older.data !== undefined);
  return (
    <>
      <PageHeader title="New command" description="One program or one short script, on as many nodes as you choose." />
      {failed !== undefined ? (
        <QueryError size="page" what="what this needs" error={failed.error} onRetry={() => failed.refetch()} />
      ) : !isReady ? (
        <div className={styles.columns} aria-busy="true" role="status" aria-label="Loading the nodes">
          <Skeleton shape="block" height={320} />
          <Skeleton shape="block" height={320} />
        </div>
      ) : nodes.data?.items.length === 0 ? (
        <NoNodes />
      ) : (
        <NewRunForm nodes={nodes.data?.items ?? []} groups={groups.data?.items ?? []} older={older.data} />
      )}
    </>
  );
};

/** Whom it begins with: the run that is repeated, the selection of the list, or the node of the address. */
const useFirstChoice = (nodes: readonly NodeSummary[], older: Run | undefined): ReadonlySet<string> => {
  const selected = useLocation({ select: ({ state }) => state.nodeIds });
  const { node } = route.useSearch();
  const wanted = older?.targets.map(({ nodeId }): string => nodeId) ?? selected ?? (node === undefined ? [] : [node]);
  const able = nodes.filter((each) => runRefusal(each) === undefined).map(({ id }): string => id);
  return new Set(wanted.filter((id) => able.includes(id)));
};

interface FormProps {
  nodes: readonly NodeSummary[];
  groups: readonly Group[];
  older: Run | undefined;
}

const NewRunForm = ({ nodes, groups, older }: FormProps) => {
  const client = useTRPCClient();
  const navigate = route.useNavigate();
  const first = useFirstChoice(nodes, older);
  const [chosen, setChosen] = useState(first);
  const [draft, setDraft] = useState(older === undefined ? EMPTY_DRAFT : draftOf(older));
  const [isAsking, setIsAsking] = useState(false);
  const targets = nodes.filter(({ id }) => chosen.has(id));
  const command = commandOf(draft);
  const lacking =
    targets.length === 0 ? 'Choose at least one node.' : typeof command === 'string' ? command : undefined;
  const start = async () => {
    if (typeof command === 'string') return;
    const nodeIds = targets.map(({ id }): NodeId => id);
    const { id } = await client.runs.start.mutate({ nodeIds, command, timeoutMs: Number(draft.timeoutMs) });
    await navigate({ to: '/runs/$runId', params: { runId: id }, replace: true });
  };
  return (
    <div className={styles.columns}>
      <Card title="Command">
        <CommandEditor draft={draft} onChange={setDraft} />
      </Card>
      <Card title="Nodes" description={`${targets.length} of ${nodes.length} chosen`}>
        <NodePicker nodes={nodes} groups={groups} chosen={chosen} onChange={setChosen} />
      </Card>
      <div className={styles.foot}>
        <p className={styles.radius} aria-live="polite">
          {lacking ?? `Runs on ${countNodes(targets.length)}`}
        </p>
        <Button variant="primary" disabledReason={lacking} onClick={() => setIsAsking(true)}>
          {targets.length === 0 ? 'Run' : `Run on ${countNodes(targets.length)}`}
        </Button>
      </div>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title={`Run on ${countNodes(targets.length)}?`}
        consequences={blastRadius(targets, typeof command === 'string' ? '' : commandLine(command), draft.kind)}
        confirmLabel={`Run on ${countNodes(targets.length)}`}
        tone="neutral"
        onConfirm={start}
      />
    </div>
  );
};

const blastRadius = (targets: readonly NodeSummary[], line: string, kind: 'argv' | 'script') => {
  const names = targets.slice(0, NAMED_NODES).map(({ name }) => name);
  const more = targets.length - names.length;
  return [
    { text: kind === 'argv' ? line : `A script that begins with: ${line}` },
    { text: `On ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.` },
    {
      text: 'It runs at once on each of them, as the user that the way to the node has: often root.',
      tone: 'warning' as const,
    },
  ];
};
