import type { NodeDetail } from '@serverbox/contract/nodes';
import { NodeName } from '@serverbox/contract/nodes';
import { WAY_NAMES } from '@serverbox/contract/ways';
import { useNavigate } from '@tanstack/react-router';
import { Check, EllipsisVertical, Pencil, Play, SquareTerminal, Trash2, X } from 'lucide-react';
import type { FormEvent } from 'react';
import { Fragment, useState } from 'react';
import { ButtonLink } from '../../components/page/ButtonLink.tsx';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { useCan } from '../../hooks/use-viewer.ts';
import { toProblem } from '../../lib/errors.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import { Input } from '../../ui/Input.tsx';
import { Menu } from '../../ui/Menu.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { runRefusal } from '../runs/run-refusal.ts';
import { FavouriteStar } from './FavouriteStar.tsx';
import styles from './NodeHeader.module.css';
import { NodeStatusDot } from './NodeStatusDot.tsx';
import { RemoveNodeDialog } from './RemoveNodeDialog.tsx';
import { TagsEditor } from './TagsEditor.tsx';
import { useUpdateNode } from './use-update-node.ts';
import { WayList } from './WayList.tsx';
import { WAY_STATE_WORDS } from './way-words.ts';

/** Why no shell can be opened now, as a sentence; undefined when it can. */
const shellRefusal = (node: NodeDetail, isPermitted: boolean): string | undefined => {
  if (!isPermitted) return 'Your role does not include shells on nodes.';
  const shell = node.capabilities.find(({ capability }) => capability === 'terminal');
  return shell?.can === true ? undefined : (shell?.because ?? 'The node has no link now.');
};

const StatusLine = ({ node }: { node: NodeDetail }) => (
  <span className={styles.status}>
    <NodeStatusDot status={node.status} />
    <span className={styles.reason}>{node.status.reason}</span>
    {node.status.since !== null && (
      <span className={styles.since}>
        <RelativeTime at={node.status.since} isLasting />
      </span>
    )}
    {node.isLocal && <Badge tone="accent">This machine</Badge>}
  </span>
);

/** The ladder in words: by what it is reached now, and since when a better way is not there. */
const Ladder = ({ node }: { node: NodeDetail }) => {
  const used = node.ways.find(({ isInUse }) => isInUse);
  const absent = node.ways.filter(({ state, isInUse }) => !isInUse && state !== 'up');
  if (node.ways.length === 0) return <span className={styles.reason}>No way in yet</span>;
  return (
    <span className={styles.reason}>
      {used?.text}
      {absent.map(({ way, state, since }, index) => (
        <Fragment key={way}>
          {(used !== undefined || index > 0) && '; '}
          {WAY_NAMES[way]} {WAY_STATE_WORDS[state].toLowerCase()}
          {since !== null && (
            <>
              {' '}
              <RelativeTime at={since} isLasting />
            </>
          )}
        </Fragment>
      ))}
    </span>
  );
};

/** How it is reached, in marks and in words, and how it is ordered. */
const WaysLine = ({ node }: { node: NodeDetail }) => (
  <span className={styles.ways}>
    <WayList node={node} />
    <Ladder node={node} />
    <TagsEditor node={node} />
  </span>
);

export const NodeHeader = ({ node }: { node: NodeDetail }) => {
  const [isRenaming, setRenaming] = useState(false);
  const mayManage = useCan('nodes.manage');
  return (
    <>
      <PageHeader
        documentTitle={node.name}
        title={
          isRenaming ? (
            <RenameForm node={node} onDone={() => setRenaming(false)} />
          ) : (
            <span className={styles.name}>
              <FavouriteStar node={node} />
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
        description={<WaysLine node={node} />}
        actions={<HeaderActions node={node} mayManage={mayManage} />}
      />
      {node.conflict !== null && (
        <div className={styles.conflict}>
          <Notice tone="danger" title="Two machines claim to be this node">
            {node.conflict}
          </Notice>
        </div>
      )}
    </>
  );
};

const HeaderActions = ({ node, mayManage }: { node: NodeDetail; mayManage: boolean }) => {
  const navigate = useNavigate();
  const [isRemoving, setIsRemoving] = useState(false);
  const refusal = shellRefusal(node, useCan('nodes.terminal'));
  const mayRun = useCan('nodes.exec');
  return (
    <>
      {refusal === undefined ? (
        <ButtonLink variant="primary" icon={SquareTerminal} to="/terminal" search={{ node: node.id }}>
          Open terminal
        </ButtonLink>
      ) : (
        <Button variant="primary" icon={SquareTerminal} disabledReason={refusal}>
          Open terminal
        </Button>
      )}
      <Menu
        label={`More actions for ${node.name}`}
        trigger={<IconButton label="More actions" icon={EllipsisVertical} variant="secondary" />}
        items={[
          {
            label: 'Run a command',
            icon: Play,
            disabledReason: mayRun ? runRefusal(node) : 'Your role does not include running commands.',
            onSelect: () => void navigate({ to: '/runs/new', search: { node: node.id } }),
          },
          { separator: true },
          {
            label: 'Remove node',
            icon: Trash2,
            tone: 'danger',
            disabledReason: mayManage ? undefined : 'Your role does not include removing nodes.',
            onSelect: () => setIsRemoving(true),
          },
        ]}
      />
      <RemoveNodeDialog node={node} isOpen={isRemoving} onClose={() => setIsRemoving(false)} />
    </>
  );
};

const RenameForm = ({ node, onDone }: { node: NodeDetail; onDone(): void }) => {
  const [name, setName] = useState(node.name);
  const rename = useUpdateNode(onDone);
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
