/**
 * The pools of connections, one for each node and way to it. A pool belongs to the access with which it was dialled: address,
 * user, credential, host key and every hop. When any of these changes it takes no further call.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { Clock } from '../../lib/clock.ts';
import { AppError } from '../../lib/errors.ts';
import type { SshPool } from '../../lib/link/ssh-pool.ts';
import { openSshPool } from '../../lib/link/ssh-pool.ts';
import type { SshSession } from '../../lib/link/ssh-session.ts';
import type { Log } from '../../lib/log.ts';
import type { Endpoints } from './endpoints.ts';
import type { EndpointRow } from './queries.ts';

/** How one is dialled, and by which hops. */
export interface Way {
  row: EndpointRow;
  /** From the core outwards. */
  route: readonly NodeId[];
}

export interface Pools {
  /**
   * The pool of this way; callers at the same time share one dial.
   * @throws AppError as the dial does, or `node_unreachable` when the access was changed meanwhile
   */
  open(nodeId: NodeId, route?: readonly NodeId[]): Promise<SshPool>;
  /** Lets go of what was dialled with another access than the present one. */
  drainStale(): void;
  /** Ends the connections of a node at once. */
  end(nodeId: NodeId, reason: AppError): void;
  endAll(reason: AppError): void;
}

export interface PoolsDeps {
  endpoints: Pick<Endpoints, 'find' | 'route'>;
  clock: Clock;
  log: Log;
  connect(way: Way): Promise<SshSession>;
  /** A pool on the node's own way is there. */
  onOpened(nodeId: NodeId, pool: SshPool): void;
}

interface Entry {
  nodeId: NodeId;
  route: readonly NodeId[];
  isOwn: boolean;
  opening: Promise<SshPool>;
  pool: SshPool | undefined;
}

const CHANGED = new AppError('node_unreachable', 'The SSH access of the node was changed while this was running.');
const GONE = new AppError('node_unreachable', 'The node has no SSH access now.');

export const createPools = ({ endpoints, clock, log, connect, onOpened }: PoolsDeps): Pools => {
  const entries = new Map<string, Entry>();

  const partOf = (nodeId: NodeId): unknown => {
    const row = endpoints.find(nodeId);
    if (row === undefined) return [nodeId];
    const { host, port, sshUser, credentialVersion, hostKey, allowsWeakAlgorithms, createdAt } = row;
    return [nodeId, host, port, sshUser, credentialVersion, hostKey, allowsWeakAlgorithms, createdAt];
  };
  const keyOf = (nodeId: NodeId, route: readonly NodeId[]): string => JSON.stringify([...route, nodeId].map(partOf));

  const ownRoute = (nodeId: NodeId): readonly NodeId[] => {
    const row = endpoints.find(nodeId);
    if (row === undefined) throw GONE;
    return endpoints.route(row);
  };

  const start = (key: string, nodeId: NodeId, route: readonly NodeId[], isOwn: boolean): Entry => {
    const row = endpoints.find(nodeId);
    if (row === undefined) throw GONE;
    const opening = openSshPool({
      connect: () => connect({ row, route }),
      clock,
      log: log.with({ nodeId }),
    });
    const entry: Entry = { nodeId, route, isOwn, opening, pool: undefined };
    const forget = () => {
      if (entries.get(key) === entry) entries.delete(key);
    };
    opening.then((pool) => {
      entry.pool = pool;
      if (pool.closed.aborted) forget();
      else pool.closed.addEventListener('abort', forget, { once: true });
      // Changed while it was being dialled: also when the host itself has changed to another key.
      if (keyOf(nodeId, route) !== key) pool.drain(CHANGED);
      else if (isOwn) onOpened(nodeId, pool);
    }, forget);
    return entry;
  };

  const open = (nodeId: NodeId, route: readonly NodeId[]): Promise<SshPool> => {
    const isOwn = route.join() === ownRoute(nodeId).join();
    const key = keyOf(nodeId, route);
    const entry = entries.get(key) ?? start(key, nodeId, route, isOwn);
    entries.set(key, entry);
    return entry.opening;
  };

  return {
    open: async (nodeId, route) => {
      const pool = await open(nodeId, route ?? ownRoute(nodeId));
      // Once more, with the access as it is now.
      return pool.closed.reason === CHANGED ? open(nodeId, route ?? ownRoute(nodeId)) : pool;
    },
    drainStale: () => {
      for (const [key, { nodeId, route, isOwn, pool }] of entries) {
        const row = endpoints.find(nodeId);
        const isStale =
          keyOf(nodeId, route) !== key || row === undefined || (isOwn && !isRouteOf(endpoints, row, route));
        if (isStale) pool?.drain(CHANGED);
      }
    },
    end: (nodeId, reason) => {
      for (const entry of entries.values()) if (entry.nodeId === nodeId) endPool(entry.pool, reason);
    },
    endAll: (reason) => {
      for (const { pool } of entries.values()) endPool(pool, reason);
    },
  };
};

/** First no further call, with the reason as it is; then what runs is ended with it, too. */
const endPool = (pool: SshPool | undefined, reason: AppError): void => {
  pool?.drain(reason, 0);
};

const isRouteOf = (endpoints: Pick<Endpoints, 'route'>, row: EndpointRow, route: readonly NodeId[]): boolean => {
  try {
    return endpoints.route(row).join() === route.join();
  } catch {
    return false; // its hops lead nowhere any more
  }
};
