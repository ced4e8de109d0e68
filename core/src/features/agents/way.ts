/** How the agent's link stands, as one of the ways to a node. */
import type { NodeId } from '@serverbox/contract/ids';
import type { NodeWay } from '@serverbox/contract/ways';
import type { LinkRegistry } from '../../lib/link/links.ts';
import type { Refusals } from './refusals.ts';

/** Undefined for a node that has no agent. */
export const agentWay = (
  { links, refusals }: { links: Pick<LinkRegistry, 'findVia'>; refusals: Pick<Refusals, 'find'> },
  { id, hostPublicKey }: { id: NodeId; hostPublicKey: string | null },
): Omit<NodeWay, 'isInUse'> | undefined => {
  if (hostPublicKey === null) return undefined;
  const link = links.findVia(id, 'agent');
  const refusal = refusals.find(id);
  if (link !== undefined) {
    return {
      way: 'agent',
      state: 'up',
      text: refusal?.text ?? 'The agent is connected',
      since: link.linkedAt.toISOString(),
    };
  }
  if (refusal !== undefined) {
    return { way: 'agent', state: 'blocked', text: refusal.text, since: refusal.at.toISOString() };
  }
  return { way: 'agent', state: 'down', text: 'The agent is not connected', since: null };
};
