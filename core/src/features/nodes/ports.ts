/** What nodes need from other features. `app.ts` wires the answers. */
import type { NodeId } from '@serverbox/contract/ids';
import type { DetailMessage } from '@serverbox/contract/wire';
import type { WayState } from './ways.ts';

export interface NodeReading {
  /** In the order of HOST_FIELDS. */
  values: readonly (number | null)[];
  observedAt: Date;
}
export interface ObservedNodeDetail {
  detail: Omit<DetailMessage, 'type' | 'at'>;
  observedAt: Date;
}
export interface NodeSpark {
  nodeId: NodeId;
  cpu: (number | null)[];
  memory: (number | null)[];
}

/** The newest measurements, from memory. */
export interface Readings {
  latestReading(nodeId: string): NodeReading | undefined;
  recentReadings(nodeId: string): readonly NodeReading[];
  latestDetail(nodeId: string): ObservedNodeDetail | undefined;
  lastSampleAt(nodeId: string): Date | undefined;
  clockSkewMs(nodeId: string): number | undefined;
  sparks(nodeIds: readonly NodeId[]): Promise<NodeSpark[]>;
}

/** Null: Docker is not known on this node. */
export type CountContainers = (nodeId: NodeId) => { running: number; total: number } | null;

/** The ways that a node has, each with its state, in no order. */
export type ListWays = (node: { id: NodeId; hostPublicKey: string | null }) => WayState[];
