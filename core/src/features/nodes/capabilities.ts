/** What a node can do now: by the way in use, and by what its owner permits the agent. Pure. */
import type { AgentService } from '@serverbox/contract/policy';
import type { Capability, NodeCapability, NodeWay } from '@serverbox/contract/ways';
import { ALL_CAPABILITIES, WAY_CAPABILITIES } from '@serverbox/contract/ways';

/** The service of the agent that a capability needs; SSH has no such policy. */
const NEEDED: Partial<Record<Capability, AgentService>> = {
  metrics: 'metrics',
  'metrics.spool': 'metrics',
  'containers.watch': 'docker:read',
  'containers.operate': 'docker:write',
  'containers.logs': 'docker:read',
  'containers.shell': 'docker:write',
  exec: 'exec',
  runs: 'exec',
  terminal: 'terminal',
};

const NO_WAY = 'This node has no way in yet: install the agent or add SSH access.';

const isPermitted = (service: AgentService | undefined, services: readonly AgentService[]): boolean =>
  service === undefined ||
  services.includes(service) ||
  (service === 'docker:read' && services.includes('docker:write'));

const refusalOf = (
  capability: Capability,
  way: NodeWay | undefined,
  services: readonly AgentService[],
): string | null => {
  if (way === undefined) return NO_WAY;
  const refusal = WAY_CAPABILITIES[way.way][capability];
  if (refusal !== null) return refusal;
  const service = NEEDED[capability];
  const hasPolicy = way.way === 'agent' || way.way === 'poll';
  if (!hasPolicy || isPermitted(service, services)) return null;
  return `The node's own policy does not permit the service "${service}".`;
};

/** In the order of the table. `ways` are in the order of the ladder; without one in use the first one is judged. */
export const listCapabilities = (ways: readonly NodeWay[], services: readonly AgentService[]): NodeCapability[] => {
  const way = ways.find(({ isInUse }) => isInUse) ?? ways[0];
  return ALL_CAPABILITIES.map((capability) => {
    const because = refusalOf(capability, way, services);
    return { capability, can: because === null, because };
  });
};
