import type { SshEndpoint } from '@serverbox/contract/ssh';
import { useMutation } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC } from '../../../lib/trpc.ts';
import { Button } from '../../../ui/Button.tsx';
import { CodeBlock } from '../../../ui/CodeBlock.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { useRefreshNodes } from '../use-refresh-nodes.ts';
import { HostKeyPanel } from './HostKeyPanel.tsx';
import styles from './SshOutcome.module.css';

interface Props {
  endpoint: SshEndpoint;
  onChange(endpoint: SshEndpoint): void;
}

/** Whether the connection holds: it was tried, the key is pinned, and nothing is in the way. */
export const isConnectable = ({ hostKey, problem }: SshEndpoint): boolean =>
  hostKey.state === 'pinned' && problem === null;

/** What came of the last attempt to connect, and what to do next. */
export const SshOutcome = ({ endpoint, onChange }: Props) => {
  const { auth, hostKey, problem } = endpoint;
  const waits = hostKey.offered !== null;
  return (
    <div className={styles.outcome}>
      {auth.kind === 'generated' && auth.authorizeCommand !== null && !isConnectable(endpoint) && (
        <div className={styles.authorize}>
          <p className={styles.note}>
            Run this on the machine as {endpoint.sshUser}. It adds the public key to authorized_keys; it holds no
            secret.
          </p>
          <CodeBlock label="Command for authorized_keys" text={auth.authorizeCommand} isWrapped />
        </div>
      )}
      {waits && <HostKeyPanel endpoint={endpoint} onDecided={onChange} />}
      {!waits && problem !== null && <Failure endpoint={endpoint} onChange={onChange} problem={problem.message} />}
      {!waits && problem === null && hostKey.state === 'unseen' && (
        <Failure
          endpoint={endpoint}
          onChange={onChange}
          problem="No connection was tried yet, or its key was rejected."
        />
      )}
      {isConnectable(endpoint) && (
        <Notice tone="success" title="Connected">
          Server Box reaches {endpoint.sshUser}@{endpoint.host} by SSH.
        </Notice>
      )}
    </div>
  );
};

/** To put the same access again is to try it once more. */
const Failure = ({ endpoint, onChange, problem }: Props & { problem: string }) => {
  const trpc = useTRPC();
  const refresh = useRefreshNodes();
  const retry = useMutation(
    trpc.ssh.put.mutationOptions({
      onSuccess: async (next) => {
        onChange(next);
        await refresh();
      },
    }),
  );
  const { nodeId, host, port, sshUser, jump } = endpoint;
  return (
    <Notice
      tone="warning"
      title="Not connected"
      action={
        <Button
          size="sm"
          icon={RotateCw}
          isBusy={retry.isPending}
          onClick={() => retry.mutate({ nodeId, host, port, sshUser, jump: jump.map((hop) => hop.nodeId) })}
        >
          Try again
        </Button>
      }
    >
      {retry.isError ? toProblem(retry.error).message : problem}
    </Notice>
  );
};
