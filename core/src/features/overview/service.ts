import type { Overview } from '@serverbox/contract/overview';
import type { z } from 'zod';
import type { Principal } from '../../middleware/ports.ts';
import type { Containers } from '../containers/service.ts';
import type { Nodes } from '../nodes/service.ts';

export interface OverviewReader {
  /** The fleet at a glance, within the caller's scope. */
  read(principal: Principal): Promise<z.infer<typeof Overview>>;
}

const RECENT_ACTIVITY = 20;

interface OverviewDeps {
  nodes: Nodes;
  containers: Containers;
  /** Whether the core enrols its own machine. */
  hasLocalNode: boolean;
}

export const createOverview = ({ nodes, containers, hasLocalNode }: OverviewDeps): OverviewReader => ({
  read: async (principal) => {
    const [all, activity] = await Promise.all([
      nodes.list(principal),
      nodes.listRecentActivity(principal, RECENT_ACTIVITY),
    ]);
    return { nodes: all, containers: containers.counts(all.map(({ id }) => id)), activity, hasLocalNode };
  },
});
