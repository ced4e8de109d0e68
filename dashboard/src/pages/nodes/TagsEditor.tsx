import type { NodeDetail } from '@serverbox/contract/nodes';
import { useQuery } from '@tanstack/react-query';
import { Tag } from 'lucide-react';
import { useState } from 'react';
import { useCan } from '../../hooks/use-viewer.ts';
import { toProblem } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { TagInput } from '../../ui/TagInput.tsx';
import styles from './GroupDialog.module.css';
import { TagList } from './TagList.tsx';
import own from './TagsEditor.module.css';
import { parseTag } from './tag-words.ts';
import { useUpdateNode } from './use-update-node.ts';

/** The tags of one node, and the dialog that changes them. */
export const TagsEditor = ({ node }: { node: NodeDetail }) => {
  const [isOpen, setIsOpen] = useState(false);
  const refusal = useCan('nodes.manage') ? undefined : 'Your role does not include tagging nodes.';
  return (
    <span className={own.tags}>
      {node.tags.length > 0 && <TagList tags={node.tags} isWrapped />}
      <IconButton
        label={node.tags.length > 0 ? 'Edit tags' : 'Add tags'}
        icon={Tag}
        size="sm"
        disabledReason={refusal}
        onClick={() => setIsOpen(true)}
      />
      <Dialog
        open={isOpen}
        onOpenChange={setIsOpen}
        title={`Tags of ${node.name}`}
        description="Tags find nodes and make groups: env:prod, team/web, whatever fits."
      >
        {isOpen && <TagsForm node={node} onDone={() => setIsOpen(false)} />}
      </Dialog>
    </span>
  );
};

const TagsForm = ({ node, onDone }: { node: NodeDetail; onDone(): void }) => {
  const trpc = useTRPC();
  const known = useQuery(trpc.nodes.tags.queryOptions({}));
  const [tags, setTags] = useState<readonly string[]>(node.tags);
  const save = useUpdateNode(onDone);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ nodeId: node.id, tags: [...tags] });
      }}
    >
      <TagInput
        label="Tags"
        value={tags}
        onChange={setTags}
        known={known.data?.items.map(({ tag }) => tag) ?? []}
        parse={parseTag}
        placeholder="env:prod"
      />
      {save.isError && <Notice tone="danger">{toProblem(save.error).message}</Notice>}
      <div className={styles.foot}>
        <Button variant="ghost" onClick={onDone}>
          Cancel
        </Button>
        <Button variant="primary" type="submit" isBusy={save.isPending}>
          Save tags
        </Button>
      </div>
    </form>
  );
};
