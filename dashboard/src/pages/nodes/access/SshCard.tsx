import type { NodeDetail } from '@serverbox/contract/nodes';
import type { SshEndpoint } from '@serverbox/contract/ssh';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { QueryError } from '../../../components/page/QueryError.tsx';
import { useTRPC, useTRPCClient } from '../../../lib/trpc.ts';
import { Button } from '../../../ui/Button.tsx';
import { Card } from '../../../ui/Card.tsx';
import { ConfirmDialog } from '../../../ui/ConfirmDialog.tsx';
import { EmptyState } from '../../../ui/EmptyState.tsx';
import { KeyValue } from '../../../ui/KeyValue.tsx';
import { MiddleCut } from '../../../ui/MiddleCut.tsx';
import { Skeleton } from '../../../ui/Skeleton.tsx';
import { useRefreshOn } from '../../use-refresh-on.ts';
import { SshOutcome } from '../ssh/SshOutcome.tsx';
import { useRefreshNodes } from '../use-refresh-nodes.ts';
import styles from './AccessTab.module.css';
import { SshOptions } from './SshOptions.tsx';
import { SshPutForm } from './SshPutForm.tsx';

const AUTH_WORDS: Record<SshEndpoint['auth']['kind'], string> = {
  key: 'Private key',
  password: 'Password',
  generated: 'Key made by Server Box',
};

/** SSH access of the node: seen, tried, changed and taken away. Secrets only go in, and never come back. */
export const SshCard = ({ node }: { node: NodeDetail }) => {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const hasSsh = node.ways.some(({ way }) => way === 'ssh');
  const target = { nodeId: node.id };
  const endpoint = useQuery(trpc.ssh.get.queryOptions(target, { enabled: hasSsh }));
  useRefreshOn(
    ['nodes'],
    hasSsh ? [trpc.ssh.get.queryFilter(target)] : [],
    (event) => event.type !== 'nodes' || event.ids.includes(node.id),
  );
  const [isEditing, setIsEditing] = useState(false);
  const put = (next: SshEndpoint) => {
    queries.setQueryData(trpc.ssh.get.queryKey(target), next);
    setIsEditing(false);
  };
  const known = hasSsh ? endpoint.data : undefined;
  return (
    <Card
      title="SSH access"
      actions={
        known !== undefined &&
        !isEditing && (
          <>
            <Button size="sm" icon={Pencil} onClick={() => setIsEditing(true)}>
              Change
            </Button>
            <RemoveAccess node={node} />
          </>
        )
      }
    >
      {isEditing ? (
        <SshPutForm nodeId={node.id} known={known} onDone={put} onCancel={() => setIsEditing(false)} />
      ) : !hasSsh ? (
        <EmptyState
          icon={KeyRound}
          title="No SSH access"
          description="With it the node stays reachable when its agent is down, or without any agent."
          action={<Button onClick={() => setIsEditing(true)}>Add SSH access</Button>}
        />
      ) : known !== undefined ? (
        <Endpoint endpoint={known} onChange={put} />
      ) : endpoint.isError ? (
        <QueryError size="card" what="the SSH access" error={endpoint.error} onRetry={() => endpoint.refetch()} />
      ) : (
        <Skeleton shape="block" height={140} />
      )}
    </Card>
  );
};

const Endpoint = ({ endpoint, onChange }: { endpoint: SshEndpoint; onChange(next: SshEndpoint): void }) => {
  const { auth, hostKey, jump } = endpoint;
  return (
    <div className={styles.stack}>
      <SshOutcome endpoint={endpoint} onChange={onChange} />
      <KeyValue
        columns={2}
        items={[
          { label: 'Address', value: `${endpoint.host}, port ${endpoint.port}`, copyText: endpoint.host },
          { label: 'User', value: endpoint.sshUser },
          {
            label: 'Through',
            value: jump.length === 0 ? 'Nothing in between' : jump.map(({ name }) => name).join(' → '),
          },
          { label: 'Credential', value: `${AUTH_WORDS[auth.kind]}, version ${auth.version}` },
          {
            label: 'Fingerprint of the key',
            value: auth.fingerprint === null ? '—' : <MiddleCut text={auth.fingerprint} />,
            copyText: auth.fingerprint ?? undefined,
          },
          {
            label: 'Pinned host key',
            value: hostKey.pinned === null ? 'None yet' : <MiddleCut text={hostKey.pinned.fingerprint} />,
            copyText: hostKey.pinned?.fingerprint,
          },
        ]}
      />
      <SshOptions endpoint={endpoint} onChange={onChange} />
    </div>
  );
};

const RemoveAccess = ({ node }: { node: NodeDetail }) => {
  const client = useTRPCClient();
  const refresh = useRefreshNodes();
  const [isOpen, setIsOpen] = useState(false);
  const isOnlyWay = node.ways.length === 1;
  return (
    <>
      <Button size="sm" variant="ghost" icon={Trash2} onClick={() => setIsOpen(true)}>
        Remove access
      </Button>
      <ConfirmDialog
        open={isOpen}
        onOpenChange={setIsOpen}
        title={`Remove SSH access to ${node.name}?`}
        consequences={[
          { text: 'The address, the credential and the pinned host key are deleted.' },
          { text: 'Shells, logs and commands that go through it end.' },
          ...(isOnlyWay
            ? [{ text: 'No other way leads to this node: it is no longer reached.', tone: 'danger' as const }]
            : []),
        ]}
        confirmLabel="Remove access"
        onConfirm={async () => {
          await client.ssh.remove.mutate({ nodeId: node.id });
          await refresh();
        }}
      />
    </>
  );
};
