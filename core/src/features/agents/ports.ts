/** What agents need from other features. `app.ts` wires the answers. */
import type { Duplex } from 'node:stream';
import type { NodeId } from '@serverbox/contract/ids';
import type { ACTIVITY_KINDS } from '@serverbox/contract/nodes';

export interface ActivityEntry {
  kind: (typeof ACTIVITY_KINDS)[number];
  subject: string | null;
  actor: string | null;
  text: string;
}

/** Adds to the story of a node. */
export type RecordActivity = (nodeId: NodeId, entry: ActivityEntry) => Promise<void>;

/**
 * Consumes the agent's `metrics` subsystem until the stream ends or `signal` aborts; never rejects. `violation`: the agent
 * broke the protocol, and asking again at once is useless.
 */
export type AttachMetrics = (nodeId: NodeId, duplex: Duplex, signal: AbortSignal) => Promise<'ended' | 'violation'>;
