/**
 * The agent's clock against ours. The core's time rules: samples are moved by the measured difference, so that a node whose
 * clock is ten years off still has its history in the right place and order. Measured at `hello`, then from each `detail`,
 * which is never sent late from the spool.
 */

/** Below this the agent's own time is the better one: the measurement contains the time on the way. */
const IGNORED_SKEW_MS = 2000;
/** A message that waited in a queue looks like a slow clock; a stepped clock looks the same several times in a row. */
const AGREEING_MEASUREMENTS = 3;
const AGREEMENT_MS = 1000;

export interface ClockSkew {
  /** The agent's clock minus ours, as measured. */
  readonly skewMs: number;
  /** Takes a further measurement: the agent's `at` of a message just received at our `nowMs`. */
  observe(agentAtMs: number, nowMs: number): void;
  /** The agent's instant by our clock; never in the future, whatever the agent says. */
  toCoreTime(agentAtMs: number, nowMs: number): number;
}

export const createClockSkew = (agentNowMs: number, nowMs: number): ClockSkew => {
  let skewMs = agentNowMs - nowMs;
  let deviating: number[] = [];

  return {
    get skewMs() {
      return skewMs;
    },
    observe: (agentAtMs, atMs) => {
      const measured = agentAtMs - atMs;
      if (Math.abs(measured - skewMs) <= AGREEMENT_MS) {
        deviating = [];
        return;
      }
      const agrees = deviating.every((earlier) => Math.abs(earlier - measured) <= AGREEMENT_MS);
      deviating = agrees ? [...deviating, measured] : [measured];
      if (deviating.length < AGREEING_MEASUREMENTS) return;
      skewMs = measured;
      deviating = [];
    },
    toCoreTime: (agentAtMs, atMs) => {
      const correctionMs = Math.abs(skewMs) < IGNORED_SKEW_MS ? 0 : skewMs;
      return Math.max(0, Math.min(agentAtMs - correctionMs, atMs));
    },
  };
};
