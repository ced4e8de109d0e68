import { z } from 'zod';

/**
 * What a node's owner may permit the core to ask of the agent. Decided on the node, in the agent's config file;
 * the agent refuses the rest whatever the core asks. `docker:write` includes `docker:read`.
 */
export const AGENT_SERVICES = ['metrics', 'docker:read', 'docker:write', 'exec', 'terminal'] as const;
export const AgentService = z.enum(AGENT_SERVICES);
export type AgentService = z.infer<typeof AgentService>;
