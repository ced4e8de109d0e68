/** How a fleet command can end on a node. Apart from the schemas, because addresses of the dashboard name them. */

/** `waiting`: not begun, e.g. a node that asks by long-poll. The last six are final. */
export const RUN_OUTCOMES = [
  'waiting',
  'running',
  'exited', // see exitCode, also 0
  'signalled',
  'timed_out',
  'unreachable',
  'refused', // by the node's own policy
  'cancelled',
] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** Outcomes as they are counted: an exit with 0 is another thing than one with 1. */
export const RUN_RESULTS = [
  'succeeded', // exited with 0
  'failed', // exited with another code
  'signalled',
  'timed_out',
  'unreachable',
  'refused',
  'cancelled',
  'running',
  'waiting',
] as const;
export type RunResult = (typeof RUN_RESULTS)[number];

export const runResultOf = (target: { outcome: RunOutcome; exitCode: number | null }): RunResult => {
  if (target.outcome !== 'exited') return target.outcome;
  return target.exitCode === 0 ? 'succeeded' : 'failed';
};
