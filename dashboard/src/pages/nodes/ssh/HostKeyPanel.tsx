import type { HostKey, SshEndpoint } from '@serverbox/contract/ssh';
import { useMutation } from '@tanstack/react-query';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC } from '../../../lib/trpc.ts';
import { Button } from '../../../ui/Button.tsx';
import { CodeBlock } from '../../../ui/CodeBlock.tsx';
import { CopyButton } from '../../../ui/CopyButton.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { RelativeTime } from '../../../ui/RelativeTime.tsx';
import { useRefreshNodes } from '../use-refresh-nodes.ts';
import styles from './HostKeyPanel.module.css';

interface Props {
  endpoint: SshEndpoint;
  onDecided(endpoint: SshEndpoint): void;
}

/** The file that sshd keeps the key of this type in. */
const fileOf = (type: string): string => {
  const kind = ['ed25519', 'ecdsa', 'rsa'].find((each) => type.toLowerCase().includes(each)) ?? '*';
  return `ssh-keygen -lf /etc/ssh/ssh_host_${kind}_key.pub`;
};

const Fingerprint = ({ title, hostKey, tone }: { title: string; hostKey: HostKey; tone: 'new' | 'known' }) => (
  <div className={styles.key} data-tone={tone}>
    <p className={styles.keyTitle}>{title}</p>
    <p className={styles.print}>
      <code>{hostKey.fingerprint}</code>
      <CopyButton text={hostKey.fingerprint} label={`Copy ${title.toLowerCase()}`} />
    </p>
    <p className={styles.type}>{hostKey.type}</p>
  </div>
);

/**
 * Asks whether a host key is the right one. Nothing but the key exchange has gone to that machine: no name, no credential.
 * The answer names the fingerprint that was shown, so that another key offered meanwhile is not meant.
 */
export const HostKeyPanel = ({ endpoint, onDecided }: Props) => {
  const trpc = useTRPC();
  const refresh = useRefreshNodes();
  const decide = useMutation(
    trpc.ssh.decideHostKey.mutationOptions({
      onSuccess: async (next) => {
        onDecided(next);
        await refresh();
      },
    }),
  );
  const { pinned, offered, offeredAt } = endpoint.hostKey;
  if (offered === null) return null;
  const isChange = pinned !== null;
  const answer = (decision: 'accept' | 'reject') =>
    decide.mutate({ nodeId: endpoint.nodeId, fingerprint: offered.fingerprint, decision });
  const busyWith = decide.isPending ? decide.variables.decision : undefined;
  return (
    <section className={styles.panel} aria-label="Host key">
      {isChange ? (
        <Notice tone="danger" title="The host key has changed">
          Either the machine was installed anew, or somebody stands in between. Nothing is sent there until you decide.
        </Notice>
      ) : (
        <Notice tone="warning" title="Is this the right machine?">
          {endpoint.host} was not contacted before. Compare the fingerprint with the one on the machine before you trust
          it.
        </Notice>
      )}
      <div className={styles.keys} data-two={isChange || undefined}>
        {pinned !== null && <Fingerprint title="Pinned fingerprint" hostKey={pinned} tone="known" />}
        <Fingerprint title="Offered fingerprint" hostKey={offered} tone="new" />
      </div>
      {offeredAt !== null && (
        <p className={styles.note}>
          Offered <RelativeTime at={offeredAt} /> by {endpoint.host}, port {endpoint.port}.
        </p>
      )}
      <div className={styles.compare}>
        <p className={styles.note}>On its own console, or by a connection that you trust already, this prints it:</p>
        <CodeBlock label="Command to compare" text={fileOf(offered.type)} isWrapped />
      </div>
      {decide.isError && <Notice tone="danger">{toProblem(decide.error).message}</Notice>}
      <div className={styles.foot}>
        <Button isBusy={busyWith === 'reject'} onClick={() => answer('reject')}>
          Reject
        </Button>
        <Button
          variant={isChange ? 'danger' : 'primary'}
          isBusy={busyWith === 'accept'}
          onClick={() => answer('accept')}
        >
          {isChange ? 'Accept the new key' : 'Accept and connect'}
        </Button>
      </div>
    </section>
  );
};
