/** Order statistics by the nearest-rank method: a percentile is always a value that was measured. */

/** NaN for no values. @param share 0 to 1 */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};

export const median = (values: readonly number[]): number => percentile(values, 0.5);

export interface Summary {
  count: number;
  p50: number;
  p99: number;
  max: number;
}
export const summarize = (values: readonly number[]): Summary => ({
  count: values.length,
  p50: median(values),
  p99: percentile(values, 0.99),
  max: percentile(values, 1),
});
