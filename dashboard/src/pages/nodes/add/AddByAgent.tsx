import type { NodeId } from '@serverbox/contract/ids';
import type { AgentMode } from '@serverbox/contract/onboarding';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC } from '../../../lib/trpc.ts';
import { Button } from '../../../ui/Button.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import styles from './AddNodePage.module.css';
import { EnrolmentCommands } from './EnrolmentCommands.tsx';
import { ModeChoice } from './ModeChoice.tsx';
import { NameField, nameProblem } from './NameField.tsx';
import { NewNodeNotice } from './NewNodeNotice.tsx';

/** Name and mode, then the line to paste; from then on it watches for the machine. */
export const AddByAgent = () => {
  const trpc = useTRPC();
  const nodes = useQuery(trpc.nodes.list.queryOptions({}));
  const [name, setName] = useState('');
  const [mode, setMode] = useState<AgentMode>('operate');
  const [wasSent, setWasSent] = useState(false);
  // As it was when the command was made: the list itself goes on and soon has the machine that is waited for.
  const [before, setBefore] = useState<readonly NodeId[]>([]);
  const create = useMutation(trpc.onboarding.create.mutationOptions());
  const problem = nameProblem(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWasSent(true);
    if (problem !== undefined) return;
    setBefore(nodes.data?.items.map(({ id }) => id) ?? []);
    create.mutate({ name: name.trim(), via: 'agent', mode });
  };
  const enrolment = create.data?.enrolment;
  if (enrolment) {
    return (
      <div className={styles.form}>
        <EnrolmentCommands enrolment={enrolment} />
        <NewNodeNotice name={create.variables?.name ?? name} before={before} />
        <div className={styles.foot}>
          <Button variant="ghost" onClick={() => create.reset()}>
            Add another machine
          </Button>
        </div>
      </div>
    );
  }
  return (
    <form className={styles.form} onSubmit={submit}>
      <NameField value={name} onChange={setName} problem={wasSent ? problem : undefined} />
      <ModeChoice value={mode} onChange={setMode} />
      {create.isError && <Notice tone="danger">{toProblem(create.error).message}</Notice>}
      <div className={styles.foot}>
        <Button
          variant="primary"
          type="submit"
          isBusy={create.isPending}
          disabledReason={nodes.isPending ? 'The list of nodes is being read.' : undefined}
        >
          Make the command
        </Button>
      </div>
    </form>
  );
};
