import type { NodeDetail } from '@serverbox/contract/nodes';
import { formatBytes, formatDuration } from '../../lib/format.ts';
import { Card } from '../../ui/Card.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { KeyValue } from '../../ui/KeyValue.tsx';
import { MiddleCut } from '../../ui/MiddleCut.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import styles from './NodeInventory.module.css';
import { Services } from './Services.tsx';

const skewWords = (skewMs: number | null): string => {
  if (skewMs === null) return '—';
  if (Math.abs(skewMs) < 1000) return 'In step (less than 1 s)';
  return `${formatDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
};

/** What only an agent has: a policy of its own, and a key that was pinned when it enrolled. */
const agentItems = (services: NodeDetail['services'], fingerprint: string) => [
  { label: 'Permitted by its owner', value: <Services services={services} /> },
  { label: "Agent's host key", value: <MiddleCut text={fingerprint} />, copyText: fingerprint },
];

/** What the machine is. Facts that it could not tell are "—". */
export const NodeInventory = ({ node, uptimeSeconds }: { node: NodeDetail; uptimeSeconds: number | null }) => {
  const { facts } = node;
  if (facts === null) {
    return (
      <Card title="Machine">
        <EmptyState
          size="card"
          title="Not reported yet"
          description="What the machine is will be told when it first connects."
        />
      </Card>
    );
  }
  const docker =
    facts.dockerVersion === null ? (
      <span className={styles.missing}>Not usable: {facts.dockerProblem ?? 'the agent gave no reason'}</span>
    ) : (
      facts.dockerVersion
    );
  return (
    <Card title="Machine">
      <KeyValue
        columns={3}
        items={[
          { label: 'System', value: facts.os },
          { label: 'Kernel', value: facts.kernel },
          { label: 'Host name', value: facts.hostname, copyText: facts.hostname },
          { label: 'Processor', value: facts.cpuModel ?? '—' },
          { label: 'Cores', value: `${facts.cpuCores} (${facts.arch})` },
          { label: 'Memory', value: formatBytes(facts.memTotalBytes) },
          { label: 'Virtualisation', value: facts.virtualization ?? 'None found' },
          { label: 'Up for', value: uptimeSeconds === null ? '—' : formatDuration(uptimeSeconds * 1000) },
          {
            label: 'Linked',
            value: node.linkedSince === null ? 'No link now' : <RelativeTime at={node.linkedSince} />,
          },
          { label: 'Docker', value: docker },
          { label: 'Agent', value: facts.agentVersion || 'None' },
          { label: 'Clock', value: skewWords(node.clockSkewMs) },
          {
            label: 'Addresses',
            value: facts.addresses.length === 0 ? '—' : facts.addresses.join(', '),
            copyText: facts.addresses[0],
          },
          ...(node.hostKeyFingerprint === null ? [] : agentItems(node.services, node.hostKeyFingerprint)),
        ]}
      />
    </Card>
  );
};
