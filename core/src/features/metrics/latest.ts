/**
 * The newest values of each node, in memory: what lists and live views show, and what a node's status is judged by. Filled
 * by the ingest when a sample arrives (before it is stored: showing it need not be durable) and, after a restart, from the
 * newest stored rows.
 */
import type { DetailMessage } from '@serverbox/contract/wire';
import type { Clock } from '../../lib/clock.ts';

export interface Reading {
  /** In the order of HOST_FIELDS; null is not known. */
  values: readonly (number | null)[];
  observedAt: Date;
}
export interface Usage {
  /** By the first 12 digits of the container's id, each in the order of CONTAINER_FIELDS. Running containers only. */
  rows: ReadonlyMap<string, readonly (number | null)[]>;
  observedAt: Date;
}
export type Detail = Omit<DetailMessage, 'type' | 'at'>;
export interface ObservedDetail {
  detail: Detail;
  observedAt: Date;
}

interface NodeValues {
  /** Newest last. */
  readings: Reading[];
  usage?: Usage;
  detail?: ObservedDetail;
  clockSkewMs?: number;
}

/** So many newest readings decide about a node's status. */
const RECENT_READINGS = 5;

/** Answers are undefined, or empty, when nothing is known of the node. */
export interface LatestValues {
  reading(nodeId: string): Reading | undefined;
  recentReadings(nodeId: string): readonly Reading[];
  usage(nodeId: string): Usage | undefined;
  detail(nodeId: string): ObservedDetail | undefined;
  clockSkewMs(nodeId: string): number | undefined;
  /** Each `set` returns false, and changes nothing, when something newer is known. */
  setReading(nodeId: string, reading: Reading): boolean;
  setUsage(nodeId: string, usage: Usage): boolean;
  setDetail(nodeId: string, observed: ObservedDetail): boolean;
  setClockSkew(nodeId: string, skewMs: number): void;
}

export const createLatestValues = (clock: Clock): LatestValues => {
  /** What is known from the future was known before our clock was set back: from then on it is the older one. */
  const isNewer = (next: { observedAt: Date }, known: { observedAt: Date } | undefined): boolean =>
    known === undefined || next.observedAt >= known.observedAt || known.observedAt > clock.now();

  const byNode = new Map<string, NodeValues>();
  const ensure = (nodeId: string): NodeValues => {
    const values = byNode.get(nodeId) ?? { readings: [] };
    byNode.set(nodeId, values);
    return values;
  };

  return {
    reading: (nodeId) => byNode.get(nodeId)?.readings.at(-1),
    recentReadings: (nodeId) => byNode.get(nodeId)?.readings ?? [],
    usage: (nodeId) => byNode.get(nodeId)?.usage,
    detail: (nodeId) => byNode.get(nodeId)?.detail,
    clockSkewMs: (nodeId) => byNode.get(nodeId)?.clockSkewMs,
    setReading: (nodeId, reading) => {
      const values = ensure(nodeId);
      if (!isNewer(reading, values.readings.at(-1))) return false;
      values.readings = [...values.readings, reading].slice(-RECENT_READINGS);
      return true;
    },
    setUsage: (nodeId, usage) => {
      const values = ensure(nodeId);
      if (!isNewer(usage, values.usage)) return false;
      values.usage = usage;
      return true;
    },
    setDetail: (nodeId, observed) => {
      const values = ensure(nodeId);
      if (!isNewer(observed, values.detail)) return false;
      values.detail = observed;
      return true;
    },
    setClockSkew: (nodeId, skewMs) => {
      ensure(nodeId).clockSkewMs = skewMs;
    },
  };
};
