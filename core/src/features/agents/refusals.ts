/** Why the agent of a node is not linked, or not fully: what the core told it, kept for whoever looks at the node. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Clock } from '../../lib/clock.ts';

export interface Refusal {
  text: string;
  at: Date;
}

export interface Refusals {
  /** One for each node: the newest counts. */
  note(nodeId: NodeId, text: string): void;
  clear(nodeId: NodeId): void;
  find(nodeId: NodeId): Refusal | undefined;
}

/** In memory: a refused agent asks again within minutes, and is refused again. */
export const createRefusals = (clock: Clock): Refusals => {
  const known = new Map<NodeId, Refusal>();
  return {
    note: (nodeId, text) => void known.set(nodeId, { text, at: clock.now() }),
    clear: (nodeId) => void known.delete(nodeId),
    find: (nodeId) => known.get(nodeId),
  };
};
