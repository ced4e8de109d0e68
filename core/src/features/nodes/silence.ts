/** How long nodes have been silent, by a clock that does not step: a corrected wall clock is no outage, and hides none. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Clock } from '../../lib/clock.ts';

export interface Quiet {
  /** Since the last measurement came; undefined: none ever did. */
  silentMs: number | undefined;
  /** Since the last sign of life: a measurement, or a link that stood. */
  goneMs: number;
}

export interface Silence {
  /** Asked often, it notices each new measurement by its time. */
  look(nodeId: NodeId, now: { lastSampleAt: Date | undefined; isLinked: boolean }): Quiet;
  forget(nodeId: NodeId): void;
}

interface Heard {
  sampleAtMs: number | undefined;
  /** By the clock that does not step. */
  sampleMs: number;
  lifeMs: number;
}

export const createSilence = (clock: Clock): Silence => {
  const heard = new Map<NodeId, Heard>();

  const listen = (nodeId: NodeId, lastSampleAt: Date | undefined, nowMs: number): Heard => {
    const sampleAtMs = lastSampleAt?.getTime();
    const known = heard.get(nodeId);
    if (known?.sampleAtMs === sampleAtMs && known !== undefined) return known;
    // Of the first one that is seen only its own time tells its age: it may be from before the start.
    const ageMs = known === undefined ? Math.max(0, clock.now().getTime() - (sampleAtMs ?? 0)) : 0;
    return { sampleAtMs, sampleMs: nowMs - ageMs, lifeMs: nowMs - ageMs };
  };
  return {
    look: (nodeId, { lastSampleAt, isLinked }) => {
      const nowMs = clock.monotonicMs();
      const entry = listen(nodeId, lastSampleAt, nowMs);
      if (isLinked) entry.lifeMs = nowMs;
      heard.set(nodeId, entry);
      const silentMs = entry.sampleAtMs === undefined ? undefined : nowMs - entry.sampleMs;
      return { silentMs, goneMs: nowMs - entry.lifeMs };
    },
    forget: (nodeId) => void heard.delete(nodeId),
  };
};
