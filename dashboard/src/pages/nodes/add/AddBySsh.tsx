import type { NodeSummary } from '@serverbox/contract/nodes';
import type { SshEndpoint } from '@serverbox/contract/ssh';
import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { ButtonLink } from '../../../components/page/ButtonLink.tsx';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC } from '../../../lib/trpc.ts';
import { Button } from '../../../ui/Button.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { InstallAgent } from '../ssh/InstallAgent.tsx';
import { SshFields } from '../ssh/SshFields.tsx';
import { isConnectable, SshOutcome } from '../ssh/SshOutcome.tsx';
import { authOf, EMPTY_SSH, placeOf, sshProblems } from '../ssh/ssh-draft.ts';
import { useRefreshNodes } from '../use-refresh-nodes.ts';
import styles from './AddNodePage.module.css';
import { NameField, nameProblem } from './NameField.tsx';

/** By SSH for good, or only once, to bring the agent there. */
export const AddBySsh = ({ isOnce }: { isOnce: boolean }) => {
  const trpc = useTRPC();
  const refresh = useRefreshNodes();
  const [name, setName] = useState('');
  const [draft, setDraft] = useState(EMPTY_SSH);
  const [wasSent, setWasSent] = useState(false);
  const create = useMutation(trpc.onboarding.create.mutationOptions({ onSuccess: refresh }));
  const problems = sshProblems(draft);
  const badName = nameProblem(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWasSent(true);
    const auth = authOf(draft.auth);
    if (badName !== undefined || Object.keys(problems).length > 0 || auth === undefined) return;
    create.mutate({ name: name.trim(), via: 'ssh', ...placeOf(draft), auth });
  };
  const { node, ssh } = create.data ?? {};
  if (node && ssh) return <SshMachine node={node} created={ssh} isOnce={isOnce} />;
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <NameField value={name} onChange={setName} problem={wasSent ? badName : undefined} />
      <SshFields draft={draft} onChange={setDraft} problems={wasSent ? problems : {}} />
      {create.isError && <Notice tone="danger">{toProblem(create.error).message}</Notice>}
      <div className={styles.foot}>
        <Button variant="primary" type="submit" isBusy={create.isPending}>
          Connect
        </Button>
      </div>
    </form>
  );
};

interface MachineProps {
  node: NodeSummary;
  created: SshEndpoint;
  isOnce: boolean;
}

/** The node exists now: its host key waits for a yes, then it is connected, then perhaps the agent is installed. */
const SshMachine = ({ node, created, isOnce }: MachineProps) => {
  const [endpoint, setEndpoint] = useState(created);
  return (
    <div className={styles.form}>
      <SshOutcome endpoint={endpoint} onChange={setEndpoint} />
      {isOnce && isConnectable(endpoint) && <InstallAgent nodeId={node.id} isForgetting />}
      <div className={styles.foot}>
        {endpoint.problem !== null && endpoint.hostKey.offered === null && (
          <ButtonLink variant="secondary" to="/nodes/$nodeId" params={{ nodeId: node.id }} search={{ tab: 'access' }}>
            Change how it is reached
          </ButtonLink>
        )}
        <ButtonLink
          variant={!isOnce && isConnectable(endpoint) ? 'primary' : 'ghost'}
          to="/nodes/$nodeId"
          params={{ nodeId: node.id }}
        >
          Open {node.name}
        </ButtonLink>
      </div>
    </div>
  );
};
