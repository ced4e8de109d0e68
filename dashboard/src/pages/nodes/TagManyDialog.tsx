import type { NodeSummary } from '@serverbox/contract/nodes';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Problem } from '../../lib/errors.ts';
import { toProblem } from '../../lib/errors.ts';
import { useTRPCClient } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { TagInput } from '../../ui/TagInput.tsx';
import type { ItemResult } from '../containers/bulk-run.ts';
import { countNodes } from './count-words.ts';
import styles from './GroupDialog.module.css';
import { parseTag } from './tag-words.ts';
import { useRefreshNodes } from './use-refresh-nodes.ts';

type Results = ReadonlyMap<NodeSummary, ItemResult>;

interface Props {
  nodes: readonly NodeSummary[];
  isOpen: boolean;
  known: readonly string[];
  onClose(): void;
  onDone(results: Results): void;
}

const refused = (message: string): Problem => ({ code: 'conflict', message, hint: '', canRetry: false });

/** Adds tags to many nodes and takes others away; what becomes of each node is told one by one. */
export const TagManyDialog = ({ nodes, isOpen, known, onClose, onDone }: Props) => (
  <Dialog
    open={isOpen}
    onOpenChange={(open) => open || onClose()}
    title={`Tags of ${countNodes(nodes.length)}`}
    description="Other tags of these nodes stay as they are."
  >
    {isOpen && <TagManyForm nodes={nodes} known={known} onClose={onClose} onDone={onDone} />}
  </Dialog>
);

const TagManyForm = ({ nodes, known, onClose, onDone }: Omit<Props, 'isOpen'>) => {
  const client = useTRPCClient();
  const refresh = useRefreshNodes();
  const [add, setAdd] = useState<readonly string[]>([]);
  const [remove, setRemove] = useState<readonly string[]>([]);
  const change = useMutation({
    mutationFn: () =>
      client.nodes.tagMany.mutate({ nodeIds: nodes.map(({ id }) => id), add: [...add], remove: [...remove] }),
    onSuccess: async ({ items }) => {
      const byId = new Map(items.map((item) => [item.nodeId, item]));
      const resultOf = (node: NodeSummary): ItemResult => {
        const item = byId.get(node.id);
        if (item?.ok === true) return { is: 'done' };
        return { is: 'failed', problem: refused(item?.message ?? 'The core told nothing about this node.') };
      };
      await refresh();
      onDone(new Map(nodes.map((node) => [node, resultOf(node)])));
    },
  });
  const present = [...new Set(nodes.flatMap((node) => node.tags))].sort();
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (add.length + remove.length > 0) change.mutate();
      }}
    >
      <Field label="Add">
        {({ id }) => (
          <TagInput id={id} label="Tags to add" value={add} onChange={setAdd} known={known} parse={parseTag} />
        )}
      </Field>
      <Field label="Take away">
        {({ id }) => (
          <TagInput
            id={id}
            label="Tags to take away"
            value={remove}
            onChange={setRemove}
            known={present}
            parse={parseTag}
          />
        )}
      </Field>
      {change.isError && <Notice tone="danger">{toProblem(change.error).message}</Notice>}
      <div className={styles.foot}>
        <Button variant="ghost" onClick={onClose}>
          Cancel
        </Button>
        <Button
          variant="primary"
          type="submit"
          isBusy={change.isPending}
          disabledReason={add.length + remove.length === 0 ? 'Name a tag to add or to take away.' : undefined}
        >
          Change tags
        </Button>
      </div>
    </form>
  );
};
