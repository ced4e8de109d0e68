/** The bus within one process. It serialises and delivers later, like one between machines, so that tests of one hold for the other. */
import type { Log } from '../log.ts';
import type { Bus } from './bus.ts';
import type { BusTopic } from './topics.ts';

export interface LocalBus extends Bus {
  /** Delivers a message that came from elsewhere, as JSON. */
  deliver(topic: BusTopic, json: string): void;
}

type Receive = (message: never) => void | Promise<void>;

export const createMemoryBus = (log: Log): LocalBus => {
  const subscribers = new Map<BusTopic, Set<Receive>>();
  let isClosed = false;

  const hand = async (topic: BusTopic, receive: Receive, json: string): Promise<void> => {
    try {
      await receive(JSON.parse(json) as never);
    } catch (error) {
      log.error('bus subscriber failed', { topic, error });
    }
  };
  const deliver = (topic: BusTopic, json: string): void => {
    setImmediate(() => {
      if (isClosed) return;
      for (const receive of [...(subscribers.get(topic) ?? [])]) void hand(topic, receive, json);
    });
  };
  return {
    deliver,
    publish: (topic, message) => deliver(topic, JSON.stringify(message)),
    subscribe: (topic, receive) => {
      // Wrapped, so that the same function subscribed twice is two subscriptions.
      const entry: Receive = (message) => receive(message);
      const set = subscribers.get(topic) ?? new Set<Receive>();
      subscribers.set(topic, set.add(entry));
      return () => {
        set.delete(entry);
      };
    },
    health: async () => 'ok',
    close: async () => {
      isClosed = true;
      subscribers.clear();
    },
  };
};
