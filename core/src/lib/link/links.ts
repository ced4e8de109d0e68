/** The links that this core owns: one for each node, the newest. Says on the bus when a node comes and goes. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { NodeLink, NodeLinks } from './link.ts';

/** A node that reconnects replaces its old link once; taking turns at this rate is done by two machines. */
const CONTEST_REPLACEMENTS = 4;
const CONTEST_WINDOW_MS = 60_000;
const CONTEST_PENALTY_MS = 300_000;

export interface LinkRegistry extends NodeLinks {
  /** Takes over a link until it closes. An older link of the same node is closed. */
  add(nodeId: NodeId, link: NodeLink): void;
  /**
   * Whether two machines have been taking turns with this node's identity: a copied disk or state directory. While one
   * of them is linked the other is to be refused, so that the node is not two machines at once.
   */
  isContested(nodeId: NodeId): boolean;
  list(): { nodeId: NodeId; link: NodeLink }[];
  closeAll(reason: string): void;
}

interface Absence {
  lostAt: Date;
}

const createContests = (clock: Clock) => {
  const replacedAtMs = new Map<NodeId, number[]>();
  const contestedUntilMs = new Map<NodeId, number>();
  return {
    /** Notes a replacement; true when it is the one that gives the contest away. */
    note: (nodeId: NodeId): boolean => {
      const nowMs = clock.monotonicMs();
      const recent = (replacedAtMs.get(nodeId) ?? []).filter((atMs) => nowMs - atMs < CONTEST_WINDOW_MS);
      recent.push(nowMs);
      replacedAtMs.set(nodeId, recent);
      if (recent.length < CONTEST_REPLACEMENTS) return false;
      replacedAtMs.delete(nodeId);
      contestedUntilMs.set(nodeId, nowMs + CONTEST_PENALTY_MS);
      return true;
    },
    isOpen: (nodeId: NodeId): boolean => {
      const untilMs = contestedUntilMs.get(nodeId);
      if (untilMs === undefined) return false;
      if (clock.monotonicMs() < untilMs) return true;
      contestedUntilMs.delete(nodeId);
      return false;
    },
  };
};

export const createLinks = ({ bus, clock, log }: { bus: Bus; clock: Clock; log: Log }): LinkRegistry => {
  const links = new Map<NodeId, NodeLink>();
  const absences = new Map<NodeId, Absence>();
  const contests = createContests(clock);

  const remove = (nodeId: NodeId, link: NodeLink) => {
    if (links.get(nodeId) !== link) return;
    links.delete(nodeId);
    absences.set(nodeId, { lostAt: clock.now() });
    const { reason } = link.closed;
    log.info('node was unlinked', { nodeId, reason: reason instanceof Error ? reason.message : String(reason) });
    bus.publish('node.unlinked', { nodeId });
  };
  const replace = (nodeId: NodeId, older: NodeLink) => {
    if (contests.note(nodeId)) {
      log.warn('two machines use the identity of one node', { nodeId });
    }
    older.close('a newer connection of the same node took its place');
  };
  const find = (nodeId: string): NodeLink | undefined => links.get(nodeId as NodeId);

  return {
    find,
    get: (nodeId) => {
      const link = find(nodeId);
      if (link !== undefined) return link;
      const absence = absences.get(nodeId as NodeId);
      const since = absence === undefined ? 'this core started' : absence.lostAt.toISOString();
      throw new AppError('node_unreachable', `The node has had no connection since ${since}.`);
    },
    add: (nodeId, link) => {
      const older = links.get(nodeId);
      links.set(nodeId, link);
      if (older !== undefined) replace(nodeId, older);
      if (link.closed.aborted) {
        remove(nodeId, link);
        return;
      }
      link.closed.addEventListener('abort', () => remove(nodeId, link), { once: true });
      log.info('node was linked', { nodeId });
      bus.publish('node.linked', { nodeId });
    },
    isContested: (nodeId) => links.has(nodeId) && contests.isOpen(nodeId),
    list: () => [...links].map(([nodeId, link]) => ({ nodeId, link })),
    closeAll: (reason) => {
      for (const link of links.values()) link.close(reason);
    },
  };
};
