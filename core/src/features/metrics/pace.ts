/**
 * How often each agent samples: every second while somebody watches the node, every five otherwise. Watchers are counted;
 * the slower pace returns a moment after the last one left, so that turning a page does not toggle it.
 */
import { IDLE_INTERVAL_MS, WATCHED_INTERVAL_MS } from '@serverbox/contract/metrics';

export interface Pace {
  /** Counts a watcher; the returned function ends its watch, once. */
  watch(nodeId: string): () => void;
  intervalMs(nodeId: string): number;
  /** Calls `listener` when the pace of this node changes, until the returned function is called. */
  onChange(nodeId: string, listener: (everyMs: number) => void): () => void;
  close(): void;
}

const LINGER_MS = 5000;

interface Watched {
  watchers: number;
  lingering?: NodeJS.Timeout;
}

export const createPace = (lingerMs = LINGER_MS): Pace => {
  const watched = new Map<string, Watched>();
  const listeners = new Map<string, Set<(everyMs: number) => void>>();
  const tell = (nodeId: string, everyMs: number) => {
    for (const listener of listeners.get(nodeId) ?? []) listener(everyMs);
  };

  const leave = (nodeId: string, entry: Watched): void => {
    entry.watchers -= 1;
    if (entry.watchers > 0) return;
    entry.lingering = setTimeout(() => {
      watched.delete(nodeId);
      tell(nodeId, IDLE_INTERVAL_MS);
    }, lingerMs);
  };

  return {
    watch: (nodeId) => {
      const known = watched.get(nodeId);
      const entry = known ?? { watchers: 0 };
      clearTimeout(entry.lingering);
      entry.watchers += 1;
      watched.set(nodeId, entry);
      if (known === undefined) tell(nodeId, WATCHED_INTERVAL_MS);
      let isWatching = true;
      return () => {
        if (isWatching) leave(nodeId, entry);
        isWatching = false;
      };
    },
    intervalMs: (nodeId) => (watched.has(nodeId) ? WATCHED_INTERVAL_MS : IDLE_INTERVAL_MS),
    onChange: (nodeId, listener) => {
      const ofNode = listeners.get(nodeId) ?? new Set();
      listeners.set(nodeId, ofNode.add(listener));
      return () => {
        ofNode.delete(listener);
        if (ofNode.size === 0 && listeners.get(nodeId) === ofNode) listeners.delete(nodeId);
      };
    },
    close: () => {
      for (const { lingering } of watched.values()) clearTimeout(lingering);
      watched.clear();
    },
  };
};
