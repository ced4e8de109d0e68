import type { NodeId } from '@serverbox/contract/ids';
import type { SshEndpoint } from '@serverbox/contract/ssh';
import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC } from '../../../lib/trpc.ts';
import { Button } from '../../../ui/Button.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { SshFields } from '../ssh/SshFields.tsx';
import { authOf, draftOfEndpoint, EMPTY_SSH, placeOf, sshProblems } from '../ssh/ssh-draft.ts';
import { useRefreshNodes } from '../use-refresh-nodes.ts';
import styles from './AccessTab.module.css';

interface Props {
  nodeId: NodeId;
  /** Undefined: there is no access yet. */
  known: SshEndpoint | undefined;
  onDone(endpoint: SshEndpoint): void;
  onCancel(): void;
}

/** Sets or changes SSH access, and tries it. What came of that stands where the form was. */
export const SshPutForm = ({ nodeId, known, onDone, onCancel }: Props) => {
  const trpc = useTRPC();
  const refresh = useRefreshNodes();
  const [draft, setDraft] = useState(known === undefined ? EMPTY_SSH : draftOfEndpoint(known));
  const [wasSent, setWasSent] = useState(false);
  const put = useMutation(
    trpc.ssh.put.mutationOptions({
      onSuccess: async (endpoint) => {
        onDone(endpoint);
        await refresh();
      },
    }),
  );
  const problems = sshProblems(draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWasSent(true);
    if (Object.keys(problems).length > 0) return;
    const auth = authOf(draft.auth);
    put.mutate({ nodeId, ...placeOf(draft), ...(auth === undefined ? {} : { auth }) });
  };
  return (
    <form className={styles.stack} onSubmit={submit} noValidate>
      <SshFields
        draft={draft}
        onChange={setDraft}
        problems={wasSent ? problems : {}}
        hasStored={known !== undefined}
        ownId={nodeId}
      />
      {put.isError && <Notice tone="danger">{toProblem(put.error).message}</Notice>}
      <div className={styles.foot}>
        <Button variant="ghost" onClick={onCancel}>
          Cancel
        </Button>
        <Button variant="primary" type="submit" isBusy={put.isPending}>
          Save and connect
        </Button>
      </div>
    </form>
  );
};
