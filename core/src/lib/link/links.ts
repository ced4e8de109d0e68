/**
 * The links that this core owns: of each way to a node the newest, of several ways the best. Says on the bus when a node
 * comes, goes, or is reached another way.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { LinkVia, NodeLink, NodeLinks } from './link.ts';
import { LINK_VIAS } from './link.ts';

/** A node that reconnects replaces its old link once; taking turns at this rate is done by two machines. */
const CONTEST_REPLACEMENTS = 4;
const CONTEST_WINDOW_MS = 60_000;
const CONTEST_PENALTY_MS = 300_000;

export interface LinkRegistry extends NodeLinks {
  /** Takes over a link until it closes. An older link of the same node and way is closed. */
  add(nodeId: NodeId, link: NodeLink): void;
  /**
   * Whether two machines have been taking turns with this node's identity: a copied disk or state directory. While one
   * of them is linked the other is to be refused, so that the node is not two machines at once.
   */
  isContested(nodeId: NodeId): boolean;
  /** The link of one way, also where a better one is there. */
  findVia(nodeId: NodeId, via: LinkVia): NodeLink | undefined;
  /** How `reach` gets a link that is not there. Undefined from `dial`: the node cannot be dialled. Called once, at the start. */
  dialBy(dial: (nodeId: NodeId) => Promise<NodeLink> | undefined): void;
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
  const links = new Map<NodeId, Map<LinkVia, NodeLink>>();
  const absences = new Map<NodeId, Absence>();
  const contests = createContests(clock);

  let dial: ((nodeId: NodeId) => Promise<NodeLink> | undefined) | undefined;

  const remove = (nodeId: NodeId, link: NodeLink) => {
    const ways = links.get(nodeId);
    if (ways?.get(link.via) !== link) return;
    ways.delete(link.via);
    const { reason } = link.closed;
    const told = reason instanceof Error ? reason.message : String(reason);
    log.info('node was unlinked', { nodeId, via: link.via, reason: told });
    if (ways.size > 0) {
      // Reached another way now: who follows the node looks again.
      bus.publish('node.linked', { nodeId });
      return;
    }
    links.delete(nodeId);
    absences.set(nodeId, { lostAt: clock.now() });
    bus.publish('node.unlinked', { nodeId });
  };
  const replace = (nodeId: NodeId, older: NodeLink) => {
    if (older.via === 'agent' && contests.note(nodeId)) {
      log.warn('two machines use the identity of one node', { nodeId });
    }
    older.close('a newer connection of the same node took its place');
  };
  const find = (nodeId: string): NodeLink | undefined => {
    const ways = links.get(nodeId as NodeId);
    return ways && LINK_VIAS.map((via) => ways.get(via)).find((link) => link !== undefined);
  };
  const get = (nodeId: string): NodeLink => {
    const link = find(nodeId);
    if (link !== undefined) return link;
    const absence = absences.get(nodeId as NodeId);
    const since = absence === undefined ? 'this core started' : absence.lostAt.toISOString();
    throw new AppError('node_unreachable', `The node has had no connection since ${since}.`);
  };

  return {
    find,
    get,
    reach: async (nodeId) => find(nodeId) ?? (await dial?.(nodeId)) ?? get(nodeId),
    findVia: (nodeId, via) => links.get(nodeId)?.get(via),
    dialBy: (dialler) => {
      dial = dialler;
    },
    add: (nodeId, link) => {
      const ways = links.get(nodeId) ?? new Map<LinkVia, NodeLink>();
      const older = ways.get(link.via);
      links.set(nodeId, ways.set(link.via, link));
      if (older !== undefined) replace(nodeId, older);
      if (link.closed.aborted) {
        remove(nodeId, link);
        return;
      }
      link.closed.addEventListener('abort', () => remove(nodeId, link), { once: true });
      log.info('node was linked', { nodeId, via: link.via });
      bus.publish('node.linked', { nodeId });
    },
    isContested: (nodeId) => links.get(nodeId)?.has('agent') === true && contests.isOpen(nodeId),
    list: () => [...links].flatMap(([nodeId, ways]) => [...ways.values()].map((link) => ({ nodeId, link }))),
    closeAll: (reason) => {
      for (const ways of links.values()) for (const link of [...ways.values()]) link.close(reason);
    },
  };
};
