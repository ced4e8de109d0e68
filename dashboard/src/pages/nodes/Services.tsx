import type { AgentService } from '@serverbox/contract/policy';
import { AGENT_SERVICES } from '@serverbox/contract/policy';
import { Badge } from '../../ui/Badge.tsx';
import styles from './NodeInventory.module.css';

const SERVICE_WORDS: Record<AgentService, string> = {
  metrics: 'Metrics',
  'docker:read': 'See containers',
  'docker:write': 'Operate containers',
  exec: 'Run commands',
  terminal: 'Shells',
};

/** What the owner of a node permits its agent, in words. */
export const Services = ({ services }: { services: readonly AgentService[] }) => (
  <span className={styles.services}>
    {AGENT_SERVICES.filter((service) => services.includes(service)).map((service) => (
      <Badge key={service}>{SERVICE_WORDS[service]}</Badge>
    ))}
  </span>
);
