/** Who listens to what on the live channel. */
import type { LiveEvent } from '@serverbox/contract/events';

export type LiveTopic = 'nodes' | 'containers' | 'activity' | 'runs' | `metrics:${string}`;
export type LiveListener = (event: LiveEvent) => void;

/** The topic that an event belongs to; `resync` and `signed_out` concern everybody and have none. */
const topicOf = (event: LiveEvent): LiveTopic | undefined => {
  switch (event.type) {
    case 'nodes':
    case 'containers':
    case 'activity':
      return event.type;
    case 'install':
      return 'nodes';
    case 'run':
      return 'runs';
    case 'host':
    case 'usage':
    case 'detail':
      return `metrics:${event.nodeId}`;
    case 'resync':
    case 'signed_out':
      return undefined;
  }
};

/** Topics and listeners of the tab. A listener hears only its own topics, and what concerns everybody. */
export interface LiveSubscriptions {
  /** Adds a listener; the returned function takes it away again. */
  add(topics: readonly LiveTopic[], listener: LiveListener): () => void;
  /** Every topic that somebody wants, once, in a stable order; empty when nobody listens. */
  wanted(): string;
  dispatch(event: LiveEvent): void;
}

/** Starts empty; knows nothing of connections. */
export const createSubscriptions = (): LiveSubscriptions => {
  const all = new Set<{ topics: readonly LiveTopic[]; listener: LiveListener }>();
  return {
    add: (topics, listener) => {
      const subscription = { topics, listener };
      all.add(subscription);
      return () => all.delete(subscription);
    },
    wanted: () => [...new Set([...all].flatMap(({ topics }) => topics))].sort().join(','),
    dispatch: (event) => {
      const topic = topicOf(event);
      // A copy, because a listener may subscribe or leave while it is being told.
      for (const { topics, listener } of [...all]) {
        if (topic === undefined || topics.includes(topic)) listener(event);
      }
    },
  };
};
