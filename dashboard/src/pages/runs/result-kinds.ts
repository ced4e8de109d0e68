/** How a fleet command ended on a node, as people ask for it: an exit with 0 is another thing than one with 1. */
export const RESULT_KINDS = [
  'succeeded',
  'failed',
  'signalled',
  'timed_out',
  'unreachable',
  'refused',
  'cancelled',
  'running',
  'waiting',
] as const;
export type ResultKind = (typeof RESULT_KINDS)[number];
