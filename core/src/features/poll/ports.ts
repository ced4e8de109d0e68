/** What long-poll needs from other features. `app.ts` wires the answers. */
import type { Duplex } from 'node:stream';
import type { NodeId } from '@serverbox/contract/ids';
import type { ACTIVITY_KINDS } from '@serverbox/contract/nodes';
import type { JobAnswer, JobCompleteInput, JobOutputInput, PendingJob } from '@serverbox/contract/poll';
import type { z } from 'zod';

/** Takes in one stream of an agent's metrics, see contract/wire; never rejects. */
export type AttachMetrics = (nodeId: NodeId, duplex: Duplex, signal: AbortSignal) => Promise<'ended' | 'violation'>;

/** A node's parts of fleet commands. */
export interface Jobs {
  claim(nodeId: NodeId): Promise<z.infer<typeof PendingJob> | null>;
  output(nodeId: NodeId, report: z.infer<typeof JobOutputInput>): Promise<z.infer<typeof JobAnswer>>;
  complete(nodeId: NodeId, report: z.infer<typeof JobCompleteInput>): Promise<z.infer<typeof JobAnswer>>;
  has(nodeId: NodeId, jobId: string): Promise<boolean>;
  cancelled(nodeId: NodeId): Promise<string[]>;
}

/** Flags a node that two machines claim to be; one of them, coming from `ip`, was turned away. */
export type NoteConflict = (node: { id: NodeId; name: string }, ip: string) => Promise<void>;

/** Adds to the story of a node. */
export type RecordActivity = (
  nodeId: NodeId,
  entry: { kind: (typeof ACTIVITY_KINDS)[number]; subject: string | null; actor: string | null; text: string },
) => Promise<void>;
