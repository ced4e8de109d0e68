import type { Run } from '@serverbox/contract/runs';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleStop, RotateCw } from 'lucide-react';
import { useState } from 'react';
import { ButtonLink } from '../../components/page/ButtonLink.tsx';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { useNow } from '../../hooks/use-now.ts';
import { useCan } from '../../hooks/use-viewer.ts';
import { formatDuration } from '../../lib/format.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { CodeBlock } from '../../ui/CodeBlock.tsx';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { countNodes } from '../nodes/count-words.ts';
import styles from './RunHeader.module.css';
import { commandLine, nodeCount, progressWords } from './run-words.ts';

const CLOCK_MS = 1000;

/** How long it has been running, or how long it took. */
const Took = ({ run }: { run: Run }) => {
  const now = useNow(CLOCK_MS);
  const until = run.endedAt === null ? now.getTime() : Date.parse(run.endedAt);
  return <span>{formatDuration(Math.max(0, until - Date.parse(run.startedAt)))}</span>;
};

export const RunHeader = ({ run }: { run: Run }) => {
  const mayRun = useCan('nodes.exec');
  const line = commandLine(run.command);
  return (
    <>
      <PageHeader
        documentTitle={line}
        title={<code className={styles.line}>{line}</code>}
        description={
          <span className={styles.meta}>
            <Badge tone={run.endedAt === null ? 'accent' : 'neutral'}>
              {run.endedAt === null ? 'Running' : 'Ended'}
            </Badge>
            <span>{progressWords(run)}</span>
            <span>
              by {run.actor} <RelativeTime at={run.startedAt} />
            </span>
            <Took run={run} />
            <span>deadline {formatDuration(run.timeoutMs)}</span>
          </span>
        }
        actions={
          <>
            {run.endedAt === null && <CancelButton run={run} isPermitted={mayRun} />}
            {mayRun && (
              <ButtonLink icon={RotateCw} to="/runs/new" search={{ again: run.id }}>
                Run again
              </ButtonLink>
            )}
          </>
        }
      />
      {run.command.kind === 'script' && (
        <details className={styles.script}>
          <summary>The whole script</summary>
          <CodeBlock label="Script" text={run.command.script} />
        </details>
      )}
    </>
  );
};

const CancelButton = ({ run, isPermitted }: { run: Run; isPermitted: boolean }) => {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const cancel = useMutation(
    trpc.runs.cancel.mutationOptions({
      onSettled: () => client.invalidateQueries(trpc.runs.get.queryFilter({ runId: run.id })),
    }),
  );
  const { running, waiting } = run.counts;
  return (
    <>
      <Button
        variant="danger"
        icon={CircleStop}
        disabledReason={isPermitted ? undefined : 'Your role does not include running commands.'}
        onClick={() => setIsAsking(true)}
      >
        Cancel command
      </Button>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title="Cancel this command?"
        consequences={[
          { text: `It is ended on ${countNodes(running)} where it runs.`, tone: 'warning' },
          { text: `It does not begin on ${countNodes(waiting)}.` },
          { text: `On ${countNodes(nodeCount(run) - running - waiting)} it is over already.` },
        ]}
        confirmLabel="Cancel command"
        onConfirm={() => cancel.mutateAsync({ runId: run.id })}
      />
    </>
  );
};
