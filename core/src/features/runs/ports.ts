/** What fleet commands need from other features. `app.ts` wires the answers. */
import type { NodeId } from '@serverbox/contract/ids';
import type { ACTIVITY_KINDS } from '@serverbox/contract/nodes';
import type { NodeWay } from '@serverbox/contract/ways';
import type { Principal, ScopedNode } from '../../middleware/ports.ts';

/** The nodes that the caller may see. */
export type ListScoped = (principal: Principal) => Promise<ScopedNode[]>;

/** The ways to a node in the order of the ladder; asked when no link leads there. */
export type ListWays = (nodeId: NodeId) => Promise<readonly NodeWay[]>;

/** Adds to the stories of many nodes at once. */
export type RecordActivity = (
  entries: readonly {
    nodeId: NodeId;
    kind: (typeof ACTIVITY_KINDS)[number];
    subject: string | null;
    actor: string | null;
    text: string;
  }[],
) => Promise<void>;
