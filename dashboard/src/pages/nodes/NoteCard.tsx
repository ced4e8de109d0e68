import type { NodeDetail } from '@serverbox/contract/nodes';
import { MAX_NOTE_CHARS } from '@serverbox/contract/tags';
import { NotebookPen, Pencil } from 'lucide-react';
import { useState } from 'react';
import { useCan } from '../../hooks/use-viewer.ts';
import { toProblem } from '../../lib/errors.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { TextArea } from '../../ui/TextArea.tsx';
import styles from './NoteCard.module.css';
import { useUpdateNode } from './use-update-node.ts';

/** Free words about the node for whoever comes next: shown as they are written, never as markup. */
export const NoteCard = ({ node }: { node: NodeDetail }) => {
  const [isEditing, setIsEditing] = useState(false);
  const refusal = useCan('nodes.manage') ? undefined : 'Your role does not include notes on nodes.';
  const edit = (
    <Button size="sm" icon={Pencil} disabledReason={refusal} onClick={() => setIsEditing(true)}>
      {node.note === '' ? 'Write a note' : 'Edit note'}
    </Button>
  );
  return (
    <Card title="Note" actions={!isEditing && node.note !== '' && edit}>
      {isEditing ? (
        <NoteForm node={node} onDone={() => setIsEditing(false)} />
      ) : node.note === '' ? (
        <EmptyState
          icon={NotebookPen}
          title="No note yet"
          description="What the next person should know about this machine. Never put passwords here."
          action={edit}
        />
      ) : (
        <p className={styles.note}>{node.note}</p>
      )}
    </Card>
  );
};

const NoteForm = ({ node, onDone }: { node: NodeDetail; onDone(): void }) => {
  const [note, setNote] = useState(node.note);
  const save = useUpdateNode(onDone);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ nodeId: node.id, note });
      }}
    >
      <TextArea
        autoFocus
        aria-label="Note"
        rows={8}
        maxLength={MAX_NOTE_CHARS}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      {save.isError && <Notice tone="danger">{toProblem(save.error).message}</Notice>}
      <div className={styles.foot}>
        <Button variant="ghost" onClick={onDone}>
          Cancel
        </Button>
        <Button variant="primary" type="submit" isBusy={save.isPending}>
          Save note
        </Button>
      </div>
    </form>
  );
};
