import type { NodeDetail } from '@serverbox/contract/nodes';
import type { AgentService } from '@serverbox/contract/policy';
import { AGENT_SERVICES } from '@serverbox/contract/policy';
import { formatBytes, formatDuration } from '../../lib/format.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Card } from '../../ui/Card.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { KeyValue } from '../../ui/KeyValue.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import styles from './NodeInventory.module.css';

const SERVICE_WORDS: Record<AgentService, string> = {
  metrics: 'Metrics',
  'docker:read': 'See containers',
  'docker:write': 'Operate containers',
  exec: 'Run commands',
  terminal: 'Shells',
};

const Services = ({ services }: { services: readonly AgentService[] }) => (
  <span className={styles.services}>
    {AGENT_SERVICES.filter((service) => services.includes(service)).map((service) => (
      <Badge key={service}>{SERVICE_WORDS[service]}</Badge>
    ))}
  </span>
);

const skewWords = (skewMs: number | null): string => {
  if (skewMs === null) return '—';
  if (Math.abs(skewMs) < 1000) return 'In step (less than 1 s)';
  return `${formatDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
};

/** What the machine is. Facts that it could not tell are "—". */
export const NodeInventory = ({ node, uptimeSeconds }: { node: NodeDetail; uptimeSeconds: number | null }) => {
  const { facts } = node;
  if (facts === null) {
    return (
      <Card title="Machine">
        <EmptyState
          size="card"
          title="Not reported yet"
          description="The agent tells what the machine is when it first connects."
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
          { label: 'Agent', value: facts.agentVersion },
          { label: 'Clock', value: skewWords(node.clockSkewMs) },
          {
            label: 'Addresses',
            value: facts.addresses.length === 0 ? '—' : facts.addresses.join(', '),
            copyText: facts.addresses[0],
          },
          { label: 'Permitted by its owner', value: <Services services={node.services} /> },
          {
            label: 'Host key',
            value: <code className={styles.key}>{node.hostKeyFingerprint}</code>,
            copyText: node.hostKeyFingerprint,
          },
        ]}
      />
    </Card>
  );
};
