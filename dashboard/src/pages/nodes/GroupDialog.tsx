import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Group } from '@serverbox/contract/organise';
import { GroupName } from '@serverbox/contract/organise';
import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { toProblem } from '../../lib/errors.ts';
import { useTRPCClient } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Input } from '../../ui/Input.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { TagInput } from '../../ui/TagInput.tsx';
import styles from './GroupDialog.module.css';
import { fitsRule } from './node-filter.ts';
import { parseTag } from './tag-words.ts';
import { useRefreshNodes } from './use-refresh-nodes.ts';

interface Props {
  /** Undefined: closed. */
  group: Group | 'new' | undefined;
  nodes: readonly NodeSummary[];
  onClose(): void;
  onSaved(groupId: string): void;
}

const FORM_ID = 'group-form';
const MATCHES = [
  { value: 'all', label: 'All of the tags' },
  { value: 'any', label: 'Any of the tags' },
] as const;

/** Makes a group or changes one. How many nodes fit is told while the rule is being written. */
export const GroupDialog = ({ group, nodes, onClose, onSaved }: Props) => {
  const isNew = group === 'new';
  return (
    <Dialog
      open={group !== undefined}
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={isNew ? 'New group' : 'Change group'}
      description="A group is a rule: every node whose tags fulfil it belongs to it, now and later."
    >
      {group !== undefined && (
        <GroupForm
          key={isNew ? 'new' : group.id}
          group={isNew ? undefined : group}
          nodes={nodes}
          onClose={onClose}
          onSaved={onSaved}
        />
      )}
    </Dialog>
  );
};

const GroupForm = ({ group, nodes, onClose, onSaved }: Omit<Props, 'group'> & { group: Group | undefined }) => {
  const client = useTRPCClient();
  const refresh = useRefreshNodes();
  const [name, setName] = useState(group?.name ?? '');
  const [match, setMatch] = useState<Group['rule']['match']>(group?.rule.match ?? 'all');
  const [tags, setTags] = useState<readonly string[]>(group?.rule.tags ?? []);
  const save = useMutation({
    mutationFn: (input: { name: string; rule: Group['rule'] }) =>
      group === undefined
        ? client.groups.create.mutate(input)
        : client.groups.update.mutate({ groupId: group.id, ...input }),
    onSuccess: async (saved) => {
      await refresh();
      onSaved(saved.id);
      onClose();
    },
  });
  const parsed = GroupName.safeParse(name);
  const lacking = !parsed.success ? 'Give the group a name.' : tags.length === 0 ? 'Name at least one tag.' : undefined;
  const count = nodes.filter((node) => fitsRule(node, { match, tags: [...tags] })).length;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (parsed.success && tags.length > 0) save.mutate({ name: parsed.data, rule: { match, tags: [...tags] } });
  };
  return (
    <form id={FORM_ID} className={styles.form} onSubmit={submit}>
      <Field label="Name">
        {({ id }) => (
          <Input
            id={id}
            value={name}
            maxLength={64}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field
        label="Tags"
        hint={
          tags.length === 0 ? 'The nodes that have them belong to the group.' : `${count} of ${nodes.length} nodes fit.`
        }
      >
        {({ id }) => (
          <TagInput
            id={id}
            label="Tags"
            value={tags}
            onChange={setTags}
            parse={parseTag}
            known={[...new Set(nodes.flatMap((node) => node.tags))].sort()}
            placeholder="env:prod"
          />
        )}
      </Field>
      <Segmented label="A node needs" value={match} onChange={setMatch} options={MATCHES} size="sm" />
      {save.isError && <Notice tone="danger">{toProblem(save.error).message}</Notice>}
      <div className={styles.foot}>
        <Button variant="ghost" onClick={onClose}>
          Cancel
        </Button>
        <Button variant="primary" type="submit" isBusy={save.isPending} disabledReason={lacking}>
          {group === undefined ? 'Create group' : 'Save group'}
        </Button>
      </div>
    </form>
  );
};
