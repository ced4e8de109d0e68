import type { NodeId } from '@serverbox/contract/ids';
import type { SshEndpoint } from '@serverbox/contract/ssh';
import { useMutation } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, CircleX, TriangleAlert } from 'lucide-react';
import { ButtonLink } from '../../../components/page/ButtonLink.tsx';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC } from '../../../lib/trpc.ts';
import { Button } from '../../../ui/Button.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { Spinner } from '../../../ui/Spinner.tsx';
import type { Icon } from '../../../ui/types.ts';
import styles from './AddNodePage.module.css';
import own from './ImportChoice.module.css';
import type { ImportedHosts, ImportResult } from './use-import.ts';

interface Look {
  tone: 'success' | 'warning' | 'danger' | undefined;
  icon: Icon;
  text: string;
}

const lookOf = (result: ImportResult): Look => {
  switch (result.is) {
    case 'waiting':
    case 'running':
      return { tone: undefined, icon: CircleDashed, text: result.is === 'waiting' ? 'Waiting' : 'Is being contacted' };
    case 'failed':
      return { tone: 'danger', icon: CircleX, text: result.message };
    case 'added': {
      const { hostKey, problem } = result.endpoint;
      if (hostKey.offered !== null) return { tone: 'warning', icon: TriangleAlert, text: hostKey.offered.fingerprint };
      if (problem !== null) return { tone: 'warning', icon: TriangleAlert, text: `Added; ${problem.message}` };
      return { tone: 'success', icon: CircleCheck, text: hostKey.state === 'pinned' ? 'Connected' : 'Added' };
    }
  }
};

interface Props {
  results: ImportedHosts;
  onSettled(alias: string, result: ImportResult): void;
}

/** What became of each host. A host key is accepted one by one: nobody compares forty fingerprints with one press. */
export const ImportResults = ({ results, onSettled }: Props) => {
  const all = [...results];
  const added = all.filter(([, { is }]) => is === 'added').length;
  const isBusy = all.some(([, { is }]) => is === 'waiting' || is === 'running');
  return (
    <div className={styles.form}>
      <p className={styles.note} aria-live="polite">
        {added} of {all.length} added. Compare each fingerprint with <code>ssh-keygen -lf</code> on its machine, or with
        your own known_hosts.
      </p>
      <ul className={own.hosts} aria-label="Results">
        {all.map(([alias, result]) => {
          const { tone, icon: IconOf, text } = lookOf(result);
          return (
            <li key={alias} className={own.result} data-tone={tone} aria-label={alias}>
              {result.is === 'running' ? <Spinner size={16} /> : <IconOf size={16} aria-hidden="true" />}
              <span className={own.words}>
                <span className={own.name}>{alias}</span>
                <span className={own.minor}>{text}</span>
              </span>
              {result.is === 'added' && (
                <Acts
                  nodeId={result.nodeId}
                  endpoint={result.endpoint}
                  onChange={(endpoint) => onSettled(alias, { ...result, endpoint })}
                />
              )}
            </li>
          );
        })}
      </ul>
      <div className={styles.foot}>
        <ButtonLink variant={isBusy ? 'ghost' : 'primary'} to="/nodes">
          {isBusy ? 'Go on in the background' : 'Go to the nodes'}
        </ButtonLink>
      </div>
    </div>
  );
};

interface ActsProps {
  nodeId: NodeId;
  endpoint: SshEndpoint;
  onChange(endpoint: SshEndpoint): void;
}

const Acts = ({ nodeId, endpoint, onChange }: ActsProps) => {
  const trpc = useTRPC();
  const decide = useMutation(trpc.ssh.decideHostKey.mutationOptions({ onSuccess: onChange }));
  const { offered } = endpoint.hostKey;
  if (offered === null) {
    return (
      <ButtonLink size="sm" variant="ghost" to="/nodes/$nodeId" params={{ nodeId }} search={{ tab: 'access' }}>
        Open
      </ButtonLink>
    );
  }
  const answer = (decision: 'accept' | 'reject') =>
    decide.mutate({ nodeId, fingerprint: offered.fingerprint, decision });
  return (
    <span className={own.acts}>
      {decide.isError && <Notice tone="danger">{toProblem(decide.error).message}</Notice>}
      <Button size="sm" variant="ghost" disabled={decide.isPending} onClick={() => answer('reject')}>
        Reject
      </Button>
      <Button size="sm" isBusy={decide.isPending} onClick={() => answer('accept')}>
        Accept
      </Button>
    </span>
  );
};
