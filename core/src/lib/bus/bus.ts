import type { BusTopic, BusTopics } from './topics.ts';

/**
 * A rumour, not a record: a message may be lost, and nothing may depend on its coming. Who hears it reads the database.
 * Delivery is always later, in the order of one publisher, and each subscriber gets a copy of its own.
 */
export interface Bus {
  /** Never throws and never waits. */
  publish<T extends BusTopic>(topic: T, message: BusTopics[T]): void;
  /** A subscriber that throws is logged, and harms nobody. The returned function unsubscribes. */
  subscribe<T extends BusTopic>(topic: T, receive: (message: BusTopics[T]) => void | Promise<void>): () => void;
  /** Whether the other cores can be heard. Never throws. */
  health(): Promise<'ok' | 'failed'>;
  close(): Promise<void>;
}
