export interface BackoffOptions {
  firstMs: number;
  longestMs: number;
}

/**
 * How long to wait before retry number `attempt` (0 is the first): doubling up to a ceiling, with jitter over the upper
 * half, so that many tabs do not come back in step.
 */
export const retryDelayMs = (attempt: number, random: () => number, { firstMs, longestMs }: BackoffOptions): number => {
  const ceilingMs = Math.min(longestMs, firstMs * 2 ** attempt);
  return Math.round(ceilingMs * (0.5 + random() / 2));
};
