/** What SSH access needs from other features. `app.ts` wires the answers. */
import type { NodeId } from '@serverbox/contract/ids';
import type { ACTIVITY_KINDS } from '@serverbox/contract/nodes';
import type { Principal, ScopedNode } from '../../middleware/ports.ts';

export interface ActivityEntry {
  kind: (typeof ACTIVITY_KINDS)[number];
  subject: string | null;
  actor: string | null;
  text: string;
}

/** Adds to the story of a node. */
export type RecordActivity = (nodeId: NodeId, entry: ActivityEntry) => Promise<void>;
/** The nodes that the caller may see. */
export type ListScopedNodes = (principal: Principal) => Promise<ScopedNode[]>;
