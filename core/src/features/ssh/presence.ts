/**
 * Which nodes stay connected by SSH: those that somebody looks at, and those that were asked to be always. A lost connection
 * is dialled again after a while that grows, and differs from node to node so that a rack that comes back is not stormed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeId } from '@serverbox/contract/ids';
import { messageOf } from '../../lib/errors.ts';
import type { SshPool } from '../../lib/link/ssh-pool.ts';
import type { Log } from '../../lib/log.ts';
import type { EndpointRow } from './queries.ts';

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 60_000;

export interface Presence {
  /** Begins a look at one node, or at all; the returned function ends it. */
  demand(target: NodeId | 'fleet'): () => void;
  /** Looks again at who is wanted: something changed. */
  reconcile(): void;
  /** Dials anew at once, whatever the last attempts were like: its access changed. */
  restart(nodeId: NodeId): void;
  stop(): void;
}

export interface PresenceDeps {
  log: Log;
  listEndpoints(): EndpointRow[];
  /** Whether a better way is up. */
  hasAgent(nodeId: NodeId): boolean;
  reach(nodeId: NodeId): Promise<SshPool>;
}

/** Half of it is chance. */
export const backoffMs = (failures: number, random: () => number = Math.random): number =>
  Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures, 10)) * (0.5 + random() / 2);

/** Whether a person has to decide first. */
const isBlocked = ({ offeredHostKey, rejectedHostKey }: EndpointRow): boolean =>
  offeredHostKey !== null || rejectedHostKey !== null;

const untilAborted = (...signals: AbortSignal[]): Promise<void> => {
  const any = AbortSignal.any(signals);
  return new Promise((resolve) => {
    if (any.aborted) resolve();
    else any.addEventListener('abort', () => resolve(), { once: true });
  });
};

/** Keeps one node connected until `signal` aborts. */
const keep = async ({ reach, log }: PresenceDeps, nodeId: NodeId, signal: AbortSignal): Promise<void> => {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const pool = await reach(nodeId);
      const release = pool.hold();
      failures = 0;
      await untilAborted(pool.closed, signal);
      release();
    } catch (error) {
      log.debug('node is not reached by SSH', { nodeId, reason: messageOf(error) });
    }
    await delay(backoffMs(failures), undefined, { signal }).catch(() => undefined); // stopping ends the wait
    failures += 1;
  }
};

export const createPresence = (deps: PresenceDeps): Presence => {
  const looks = new Map<NodeId | 'fleet', number>();
  const keepers = new Map<NodeId, AbortController>();

  const isWanted = (row: EndpointRow): boolean => {
    if (isBlocked(row) || deps.hasAgent(row.nodeId)) return false;
    return row.presence === 'always' || looks.has('fleet') || looks.has(row.nodeId);
  };
  const end = (nodeId: NodeId): void => {
    keepers.get(nodeId)?.abort();
    keepers.delete(nodeId);
  };
  const reconcile = (): void => {
    const wanted = new Set(
      deps
        .listEndpoints()
        .filter(isWanted)
        .map(({ nodeId }) => nodeId),
    );
    for (const nodeId of [...keepers.keys()]) if (!wanted.has(nodeId)) end(nodeId);
    for (const nodeId of wanted) {
      if (keepers.has(nodeId)) continue;
      const keeper = new AbortController();
      keepers.set(nodeId, keeper);
      void keep(deps, nodeId, keeper.signal);
    }
  };
  return {
    demand: (target) => {
      looks.set(target, (looks.get(target) ?? 0) + 1);
      reconcile();
      let isOpen = true;
      return () => {
        const left = (looks.get(target) ?? 0) - (isOpen ? 1 : 0);
        isOpen = false;
        if (left > 0) looks.set(target, left);
        else looks.delete(target);
        reconcile();
      };
    },
    reconcile,
    restart: (nodeId) => {
      end(nodeId);
      reconcile();
    },
    stop: () => {
      for (const nodeId of [...keepers.keys()]) end(nodeId);
    },
  };
};
