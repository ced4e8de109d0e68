import { z } from 'zod';
import { Activity, NodeSummary } from './nodes.ts';

export const Overview = z.object({
  nodes: z.array(NodeSummary),
  containers: z.object({ running: z.int(), total: z.int(), unhealthy: z.int() }),
  activity: z.array(Activity), // the newest 20
  /** The machine of the core is, or will be within seconds, a node by itself. Else the first node has to be added. */
  hasLocalNode: z.boolean(),
});
export type Overview = z.infer<typeof Overview>;
