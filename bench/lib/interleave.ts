/**
 * Measures several targets in turns (A B C A B C …): what disturbs the machine for a while then disturbs all of them.
 * @returns the measurements of each target, in order
 */
export const interleave = async <T extends string, R>(
  targets: readonly T[],
  rounds: number,
  measure: (target: T, round: number) => Promise<R>,
): Promise<Record<T, R[]>> => {
  const results = Object.fromEntries(targets.map((target) => [target, [] as R[]])) as Record<T, R[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const target of targets) results[target].push(await measure(target, round));
  }
  return results;
};
