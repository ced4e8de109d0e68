/** What measuring over SSH needs from other features. `app.ts` wires the answers. */
import type { Duplex } from 'node:stream';
import type { NodeId } from '@serverbox/contract/ids';

/** Takes a stream of an agent, or of what speaks like one, until it ends or `signal` aborts; never rejects. */
export type AttachMetrics = (nodeId: NodeId, duplex: Duplex, signal: AbortSignal) => Promise<'ended' | 'violation'>;

/** How often to measure while nobody watches; undefined for a node whose SSH access is gone. */
export type IdleIntervalMs = (nodeId: NodeId) => number | undefined;
