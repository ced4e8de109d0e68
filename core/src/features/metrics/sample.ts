/** What the ingest works with: one committed-or-not unit of the wire, in the core's time and ready to be stored. */
import type { NodeId } from '@serverbox/contract/ids';
import type { SeriesKey } from './series-ids.ts';

/** Where an agent keeps what is not acknowledged: a new spool is a new epoch, and counts from one. */
export interface Spool {
  nodeId: NodeId;
  epoch: string;
  /** The two as one text, made once. */
  key: string;
}
export const spoolOf = (nodeId: NodeId, epoch: string): Spool => ({ nodeId, epoch, key: `${nodeId}/${epoch}` });

export interface SampleRow {
  series: SeriesKey;
  values: Float32Array;
}

export interface Sample {
  spool: Spool;
  seq: number;
  /** Unix milliseconds by the core's clock. */
  at: number;
  /** Empty when nothing of it is to be stored (too old): it is acknowledged all the same. */
  rows: readonly SampleRow[];
}
