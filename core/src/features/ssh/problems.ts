/** Why nodes were not reached: of each the last attempt, forgotten with the next one that succeeds. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Clock } from '../../lib/clock.ts';
import type { AppError } from '../../lib/errors.ts';

export interface Problem {
  code: string;
  message: string;
  /** Of the last attempt. */
  at: Date;
  /** Of the first attempt of those that have failed since it was reached. */
  since: Date;
}

export interface Problems {
  get(nodeId: NodeId): Problem | undefined;
  note(nodeId: NodeId, error: AppError): void;
  forget(nodeId: NodeId): void;
  /** @throws AppError that of an attempt a moment ago: callers one after another share its failure */
  throwRecent(nodeId: NodeId): void;
}

/** Callers who come right after a failure get the same answer: a host in trouble is not knocked at by each. */
const FAILURE_HOLDS_MS = 1000;

export const createProblems = (clock: Clock): Problems => {
  const problems = new Map<NodeId, Problem & { error: AppError; atMs: number }>();
  return {
    get: (nodeId) => problems.get(nodeId),
    note: (nodeId, error) => {
      const at = clock.now();
      const since = problems.get(nodeId)?.since ?? at;
      problems.set(nodeId, { code: error.code, message: error.message, at, since, error, atMs: clock.monotonicMs() });
    },
    forget: (nodeId) => void problems.delete(nodeId),
    throwRecent: (nodeId) => {
      const last = problems.get(nodeId);
      if (last !== undefined && clock.monotonicMs() - last.atMs < FAILURE_HOLDS_MS) throw last.error;
    },
  };
};
