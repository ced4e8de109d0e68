/** News of the moment, for the live channel: told when a sample arrives, not when it is stored. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Log } from '../../lib/log.ts';
import type { Detail } from './latest.ts';

type Values = readonly (number | null)[];
/** `at` is Unix milliseconds by the core's clock. */
export type LiveMetrics =
  | { type: 'host'; nodeId: NodeId; at: number; values: Values }
  | { type: 'usage'; nodeId: NodeId; at: number; rows: readonly (readonly [string, Values])[] }
  | { type: 'detail'; nodeId: NodeId; at: number; detail: Detail };

export interface LiveFeed {
  tell(news: LiveMetrics): void;
  subscribe(listener: (news: LiveMetrics) => void): () => void;
}

export const createLiveFeed = (log: Log): LiveFeed => {
  const listeners = new Set<(news: LiveMetrics) => void>();
  return {
    tell: (news) => {
      for (const listener of listeners) {
        try {
          listener(news);
        } catch (error) {
          // The sample is good; a defect of one listener must neither lose it nor end the agent's stream.
          log.error('listener of live metrics failed', { error });
        }
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
