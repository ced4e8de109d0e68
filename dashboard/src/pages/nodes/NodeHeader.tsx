import type { NodeDetail } from '@serverbox/contract/nodes';
import { NodeName } from '@serverbox/contract/nodes';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Check, Pencil, SquareTerminal, X } from 'lucide-react';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { ButtonLink } from '../../components/page/ButtonLink.tsx';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { useCan } from '../../hooks/use-viewer.ts';
import { toProblem } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import { Input } from '../../ui/Input.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import styles from './NodeHeader.module.css';
import { NodeStatusDot } from './NodeStatusDot.tsx';
import { isReachable } from './node-status.ts';

/** Why no shell can be opened now, as a sentence; undefined when it can. */
const shellRefusal = (node: NodeDetail, isPermitted: boolean): string | undefined => {
  if (!isPermitted) return 'Your role does not include shells on nodes.';
  if (!node.services.includes('terminal')) return 'The owner of this node does not permit shells on it.';
  return isReachable(node.status.state) ? undefined : 'The node has no link now.';
};

const StatusLine = ({ node }: { node: NodeDetail }) => (
  <span className={styles.status}>
    <NodeStatusDot status={node.status} />
    <span className={styles.reason}>{node.status.reason}</span>
    {node.status.since !== null && (
      <span className={styles.since}>
        since <RelativeTime at={node.status.since} />
      </span>
    )}
    {node.isLocal && <Badge tone="accent">This machine</Badge>}
  </span>
);

export const NodeHeader = ({ node }: { node: NodeDetail }) => {
  const [isRenaming, setRenaming] = useState(false);
  const mayManage = useCan('nodes.manage');
  const refusal = shellRefusal(node, useCan('nodes.terminal'));
  return (
    <PageHeader
      documentTitle={node.name}
      title={
        isRenaming ? (
          <RenameForm node={node} onDone={() => setRenaming(false)} />
        ) : (
          <span className={styles.name}>
            {node.name}
            <IconButton
              label="Rename"
              icon={Pencil}
              size="sm"
              disabledReason={mayManage ? undefined : 'Your role does not include renaming nodes.'}
              onClick={() => setRenaming(true)}
            />
          </span>
        )
      }
      meta={<StatusLine node={node} />}
      actions={
        refusal === undefined ? (
          <ButtonLink variant="primary" icon={SquareTerminal} to="/terminal" search={{ node: node.id }}>
            Open terminal
          </ButtonLink>
        ) : (
          <Button variant="primary" icon={SquareTerminal} disabledReason={refusal}>
            Open terminal
          </Button>
        )
      }
    />
  );
};

const RenameForm = ({ node, onDone }: { node: NodeDetail; onDone(): void }) => {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [name, setName] = useState(node.name);
  const rename = useMutation(
    trpc.nodes.rename.mutationOptions({
      onSuccess: async () => {
        await Promise.all([
          client.invalidateQueries(trpc.nodes.pathFilter()),
          client.invalidateQueries(trpc.overview.pathFilter()),
        ]);
        onDone();
      },
    }),
  );
  const parsed = NodeName.safeParse(name);
  const complaint = parsed.success
    ? undefined
    : `A name ${parsed.error.issues[0]?.message ?? 'of this form is not allowed'}.`;
  const problem = rename.isError ? toProblem(rename.error).message : complaint;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (parsed.success) rename.mutate({ nodeId: node.id, name: parsed.data });
  };
  return (
    <form
      className={styles.form}
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone();
      }}
    >
      <Input
        autoFocus
        aria-label="Name of the node"
        value={name}
        isInvalid={problem !== undefined}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setName(event.target.value)}
      />
      <IconButton
        label="Save the name"
        icon={Check}
        isBusy={rename.isPending}
        disabledReason={complaint}
        type="submit"
      />
      <IconButton label="Keep the old name" icon={X} onClick={onDone} />
      {problem !== undefined && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </form>
  );
};
