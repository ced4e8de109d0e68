import type { Problem } from '../../lib/errors.ts';
import { toProblem } from '../../lib/errors.ts';

export type ItemResult =
  | { is: 'waiting' }
  | { is: 'running' }
  | { is: 'done' }
  | { is: 'skipped'; reason: string }
  | { is: 'failed'; problem: Problem };

/** More at once would only queue up at the daemon and make the first results late. */
export const BULK_PARALLEL = 4;

interface BulkOptions<T> {
  targets: readonly T[];
  refusal(target: T): string | undefined;
  act(target: T): Promise<void>;
  onResult(target: T, result: ItemResult): void;
}

/** Acts on each target, a few at a time; one that fails stops none of the others. Resolves when each has its result. */
export const runBulk = async <T>({ targets, refusal, act, onResult }: BulkOptions<T>): Promise<void> => {
  const queue = [...targets];
  const work = async () => {
    for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
      const reason = refusal(target);
      if (reason !== undefined) {
        onResult(target, { is: 'skipped', reason });
        continue;
      }
      onResult(target, { is: 'running' });
      try {
        await act(target);
        onResult(target, { is: 'done' });
      } catch (error) {
        onResult(target, { is: 'failed', problem: toProblem(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: BULK_PARALLEL }, work));
};
