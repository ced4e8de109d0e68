/** Containers that a machine reported by itself, as the list shows them. */
import type { ObservedContainer } from '@serverbox/contract/containers';
import { AppError } from '../../lib/errors.ts';
import type { ScopedNode } from '../../middleware/ports.ts';
import type { Pushed } from './ports.ts';

type Reported = NonNullable<ReturnType<Pushed['view']>>;

export const presentReported = ({ id, name }: ScopedNode, { rows, observedAt }: Reported): ObservedContainer[] =>
  (rows ?? []).map((row) => ({
    value: { ...row, nodeId: id, nodeName: name },
    observedAt: observedAt.toISOString(),
    source: 'push',
  }));

/** Why the rows are old or missing; undefined when they are neither. */
export const reportedProblem = ({ rows, isStale }: Reported): AppError | undefined => {
  if (rows === undefined) return new AppError('node_unreachable', 'The push script of this node has not reported yet.');
  return isStale
    ? new AppError('node_unreachable', 'The push script of this node has stopped reporting; these are its last words.')
    : undefined;
};
