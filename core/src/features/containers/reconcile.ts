/**
 * Keeps one snapshot for each linked node. It holds no plan: whenever a link comes or goes it looks at what links there are
 * now and follows those.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { EngineEvent } from '../../lib/docker/replies.ts';
import type { Snapshot } from '../../lib/docker/snapshot.ts';
import { createSnapshot } from '../../lib/docker/snapshot.ts';
import { AppError } from '../../lib/errors.ts';
import type { NodeLink, NodeLinks } from '../../lib/link/link.ts';
import type { Engines } from './engines.ts';

export interface Snapshots {
  /** The node's snapshot, followed from now on when the node has a link. */
  ensure(nodeId: NodeId): Snapshot;
  find(nodeId: NodeId): Snapshot | undefined;
  /** Listens for links. */
  start(): void;
  stop(): void;
}

export interface SnapshotsDeps {
  links: NodeLinks;
  engines: Engines;
  bus: Pick<Bus, 'publish' | 'subscribe'>;
  clock: Clock;
  happened(nodeId: NodeId, event: EngineEvent): void;
}

interface Following {
  link: NodeLink;
  stop(): void;
}

export const createSnapshots = ({ links, engines, bus, clock, happened }: SnapshotsDeps): Snapshots => {
  const snapshots = new Map<NodeId, Snapshot>();
  const following = new Map<NodeId, Following>();
  let unsubscribe: (() => void)[] = [];
  let isStopped = false;

  const snapshotOf = (nodeId: NodeId): Snapshot => {
    const known = snapshots.get(nodeId);
    if (known !== undefined) return known;
    const snapshot = createSnapshot(clock, {
      changed: (ids) => bus.publish('containers.changed', { nodeId, ids: [...ids] }),
      happened: (event) => happened(nodeId, event),
    });
    snapshots.set(nodeId, snapshot);
    return snapshot;
  };

  const follow = (nodeId: NodeId, snapshot: Snapshot, link: NodeLink): void => {
    const { watching } = engines.get(nodeId);
    const ended = new AbortController();
    const onLost = () => {
      ended.abort();
      reconcile(nodeId);
    };
    link.closed.addEventListener('abort', onLost, { once: true });
    const stop = () => {
      link.closed.removeEventListener('abort', onLost);
      ended.abort();
    };
    following.set(nodeId, { link, stop });
    void snapshot.follow(watching, ended.signal);
  };

  /** Follows the link that there is now, and no other. */
  const reconcile = (nodeId: NodeId): Snapshot => {
    const snapshot = snapshotOf(nodeId);
    if (isStopped) return snapshot;
    const current = following.get(nodeId);
    const found = links.find(nodeId);
    const link = found?.closed.aborted ? undefined : found;
    if (link !== undefined && current?.link === link) return snapshot;
    current?.stop();
    following.delete(nodeId);
    try {
      if (link === undefined) throw unreachable(links, nodeId);
      follow(nodeId, snapshot, link);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      snapshot.lose(error);
    }
    return snapshot;
  };

  return {
    ensure: reconcile,
    find: (nodeId) => snapshots.get(nodeId),
    start: () => {
      unsubscribe = (['node.linked', 'node.unlinked'] as const).map((topic) =>
        bus.subscribe(topic, ({ nodeId }) => void reconcile(nodeId)),
      );
    },
    stop: () => {
      isStopped = true;
      for (const end of unsubscribe) end();
      for (const { stop } of following.values()) stop();
      following.clear();
    },
  };
};

/** The registry's own sentence about the missing link: it knows since when. */
const unreachable = (links: NodeLinks, nodeId: NodeId): AppError => {
  try {
    links.get(nodeId);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  return new AppError('node_unreachable', 'The link to this node is being lost.');
};
