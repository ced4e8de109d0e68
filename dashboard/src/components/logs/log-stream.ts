/**
 * Keeps one log stream flowing into a ring: opens it, decodes it no faster than the screen takes it, opens it again where
 * it broke off. Knows nothing of React; the address and the way to fetch are given.
 */
import type { LogLine } from '@serverbox/contract/containers';
import type { LogRing } from './log-ring.ts';
import { createLogDecoder } from './ndjson.ts';

export type LogStreamState =
  | { is: 'connecting' }
  | { is: 'live' }
  | { is: 'ended' }
  | { is: 'retrying'; inMs: number }
  | { is: 'failed'; error: unknown };

export interface LogStreamOptions {
  /** Fetches from `since` (the stamp of the last line that came) or from the beginning. Rejects on any refusal. */
  fetchLog(since: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /** Whether a rejection is a broken network (tried again) rather than a refusal (shown). */
  isRetryable(error: unknown): boolean;
  ring: LogRing;
  onLines(): void;
  onState(state: LogStreamState): void;
  /** Resolves when the screen has room for more: this is the back-pressure. */
  untilRoom(signal: AbortSignal): Promise<void>;
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 15_000;

/** The engine stamps lines with nine digits of a second: stamps compare as text, and two lines hardly ever share one. */
const dropSeen = (lines: LogLine[], lastAt: string | null): LogLine[] =>
  lastAt === null ? lines : lines.filter((line) => line.at === null || line.at > lastAt);

/** Runs until the log ends, fails or `signal` aborts. Never rejects: the outcome is the last state. */
export const followLog = async (options: LogStreamOptions, signal: AbortSignal): Promise<void> => {
  let lastAt: string | null = null;
  let retryMs = FIRST_RETRY_MS;

  const readOnce = async (): Promise<void> => {
    const seenAt = lastAt;
    const body = await options.fetchLog(lastAt ?? undefined, signal);
    options.onState({ is: 'live' });
    retryMs = FIRST_RETRY_MS;
    const decoder = createLogDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = dropSeen(decoder.push(value), seenAt);
      if (lines.length === 0) continue;
      lastAt = lines.findLast((line) => line.at !== null)?.at ?? lastAt;
      options.ring.push(lines);
      options.onLines();
      await options.untilRoom(signal);
    }
  };

  for (;;) {
    options.onState({ is: 'connecting' });
    try {
      await readOnce();
      options.onState({ is: 'ended' });
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!options.isRetryable(error)) {
        options.onState({ is: 'failed', error });
        return;
      }
      options.onState({ is: 'retrying', inMs: retryMs });
      await options.sleep(retryMs, signal);
      if (signal.aborted) return;
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    }
  }
};
