/** What the ingest works with: one committed-or-not unit of the wire, in the core's time and ready to be stored. */
import type { NodeId } from '@serverbox/contract/ids';
import type { SeriesKind } from './precision.ts';

export interface SampleRow {
  kind: SeriesKind;
  /** First 12 hex digits of the container's id; empty for the host. */
  key: string;
  values: Float32Array;
}

export interface Sample {
  nodeId: NodeId;
  epoch: string;
  seq: number;
  /** Unix milliseconds by the core's clock. */
  at: number;
  /** Empty when nothing of it is to be stored (too old): it is acknowledged all the same. */
  rows: readonly SampleRow[];
}
