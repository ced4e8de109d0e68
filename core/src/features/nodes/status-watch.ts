/**
 * Remembers since when each node is in its state, and notices when a state changes by itself: a node falls silent without
 * any event. Looks every few seconds; a reader who sees a new state earlier makes it known as well.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { NodeStatus } from '@serverbox/contract/nodes';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Verdict } from './status.ts';

const TICK_MS = 5000;
/** The nodes themselves are read again when something says that they changed, and this often in any case. */
const RELOAD_MS = 60_000;

export interface StatusWatch<N extends { id: NodeId }> {
  /** The status now, with the time since when. */
  statusOf(node: N): NodeStatus;
  /** The next look reads the nodes anew. */
  invalidate(): void;
  /** Looks now. */
  look(): Promise<void>;
  start(): void;
  stop(): void;
}

export const createStatusWatch = <N extends { id: NodeId }>(deps: {
  clock: Clock;
  log: Log;
  listNodes(): Promise<N[]>;
  judge(node: N): Verdict;
  /** When the state that is seen for the first time began; undefined is not known. */
  findBeginning(node: N, state: NodeStatus['state']): Date | undefined;
  onChange(nodeId: NodeId): void;
  /** It is not among the nodes any more. */
  onGone(nodeId: NodeId): void;
}): StatusWatch<N> => {
  const { clock, log, listNodes, judge, findBeginning, onChange, onGone } = deps;
  const seen = new Map<NodeId, { state: NodeStatus['state']; since: Date | undefined }>();
  let nodes: N[] = [];
  let reloadAtMs = 0;
  let timer: NodeJS.Timeout | undefined;

  /** What is known of one node must not keep the others from being judged. */
  const judgeSafely = (node: N): Verdict => {
    try {
      return judge(node);
    } catch (error) {
      log.error('a node could not be judged', { nodeId: node.id, error });
      return { state: 'unknown', reason: 'Server Box could not judge this node; its log says why' };
    }
  };
  const statusOf = (node: N): NodeStatus => {
    const { state, reason } = judgeSafely(node);
    const earlier = seen.get(node.id);
    if (earlier?.state === state) {
      // After a restart a node is seen before its link is: the beginning becomes known a moment later.
      earlier.since ??= findBeginning(node, state);
      return { state, reason, since: earlier.since?.toISOString() ?? null };
    }
    // A node is silent since its last sample, not since somebody noticed.
    const isAbsent = state === 'offline' || state === 'unknown' || earlier === undefined;
    const since =
      (isAbsent ? findBeginning(node, state) : undefined) ?? (earlier === undefined ? undefined : clock.now());
    seen.set(node.id, { state, since });
    if (earlier !== undefined) onChange(node.id);
    return { state, reason, since: since?.toISOString() ?? null };
  };

  const look = async (): Promise<void> => {
    const nowMs = clock.monotonicMs();
    if (nowMs >= reloadAtMs) {
      nodes = await listNodes();
      reloadAtMs = nowMs + RELOAD_MS;
      const ids = new Set(nodes.map(({ id }) => id));
      for (const id of [...seen.keys()].filter((known) => !ids.has(known))) {
        seen.delete(id);
        onGone(id);
      }
    }
    for (const node of nodes) statusOf(node);
  };
  const tick = async (): Promise<void> => {
    try {
      await look();
    } catch (error) {
      // The next look comes in a moment; while the database is away, states change from what is in memory only.
      log.warn('node states could not be looked at', { error });
    }
    if (timer !== undefined) timer = setTimeout(() => void tick(), TICK_MS);
  };

  return {
    statusOf,
    look,
    invalidate: () => {
      reloadAtMs = 0;
    },
    start: () => {
      timer ??= setTimeout(() => void tick(), 0);
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
};
