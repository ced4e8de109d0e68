/** How SSH access stands, as one of the ways to a node. Pure. */
import type { NodeWay } from '@serverbox/contract/ways';
import { HOST_KEY_CHANGED } from '@serverbox/contract/ways';
import type { NodeLink } from '../../lib/link/link.ts';
import type { Problem } from './problems.ts';
import type { EndpointRow } from './queries.ts';

type WayState = Omit<NodeWay, 'isInUse'>;

const blockedText = ({ hostKey, offeredHostKey }: EndpointRow): string => {
  if (offeredHostKey === null) return 'The host key was rejected';
  return hostKey === null ? 'The host key waits to be accepted' : HOST_KEY_CHANGED;
};

export const sshWay = (row: EndpointRow, link: NodeLink | undefined, problem: Problem | undefined): WayState => {
  if (link !== undefined) {
    return { way: 'ssh', state: 'up', text: 'Connected by SSH', since: link.linkedAt.toISOString() };
  }
  if (row.offeredHostKey !== null || row.rejectedHostKey !== null) {
    const since = row.offeredAt?.toISOString() ?? null;
    return { way: 'ssh', state: 'blocked', text: blockedText(row), since };
  }
  if (problem !== undefined) {
    return { way: 'ssh', state: 'down', text: problem.message, since: problem.since.toISOString() };
  }
  return { way: 'ssh', state: 'asleep', text: 'Connects when somebody looks', since: null };
};
