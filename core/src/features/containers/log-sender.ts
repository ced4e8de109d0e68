/**
 * Writes log lines at the reader's pace. A reader of the past waits for every line; one who follows the present gets stretches
 * of lines, and a count of those left out between them, when it cannot, or nobody could, keep up. The log is read on in order
 * at a bounded pace, not from its end: under a flood that lasts, what is shown falls behind the present.
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { RawLine } from '../../lib/docker/log-lines.ts';
import { decodeLine } from '../../lib/docker/log-lines.ts';

/** A reader that takes nothing for so long lags. */
const MAX_LAG_MS = 2000;
/** No person reads faster; the burst lets the first page through whole. */
const BYTES_PER_SECOND = 256 * 1024;
const BURST_BYTES = 1024 * 1024;
/** Between chunks that are left out: bounds what a flood costs this process and the link, at about 1 MB/s. */
const DROP_PAUSE_MS = 50;
const RETRY_MS = 100;

export interface LogSender {
  /** Resolves when more may be sent: immediately, or when the reader has taken enough. */
  send(lines: readonly RawLine[]): Promise<void>;
  /** Sends the last line that was left out, with the count. */
  end(): Promise<void>;
}

interface SenderOptions {
  clock: Clock;
  signal: AbortSignal;
  /** Whether lines may be left out. */
  follows: boolean;
}

/** A bucket of bytes that fills with time. */
const createBudget = (clock: Clock) => {
  let bytes = BURST_BYTES;
  let filledMs = clock.monotonicMs();
  return {
    has: (): boolean => {
      const nowMs = clock.monotonicMs();
      bytes = Math.min(BURST_BYTES, bytes + ((nowMs - filledMs) / 1000) * BYTES_PER_SECOND);
      filledMs = nowMs;
      return bytes > 0;
    },
    take: (count: number): void => {
      bytes -= count;
    },
  };
};

/** True when the writer takes more; false when it did not within the time. Rejects on abort. */
const isDrained = async (output: Writable, timeoutMs: number, signal: AbortSignal): Promise<boolean> => {
  if (!output.writableNeedDrain) return true;
  const ended = new AbortController();
  const abort = () => ended.abort();
  signal.addEventListener('abort', abort, { once: true });
  const timer = timeoutMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(abort, timeoutMs);
  try {
    await once(output, 'drain', { signal: ended.signal });
    return true;
  } catch (error) {
    if (!ended.signal.aborted) throw error;
    signal.throwIfAborted();
    return false;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
};

export const createLogSender = (output: Writable, { clock, signal, follows }: SenderOptions): LogSender => {
  const budget = createBudget(clock);
  let dropped = 0;
  let lastDropped: RawLine | undefined;
  let isLagging = false;
  let flush: NodeJS.Timeout | undefined;
  signal.addEventListener('abort', () => clearTimeout(flush), { once: true });

  const write = (lines: readonly RawLine[]): void => {
    let text = '';
    for (const line of lines) {
      text += `${JSON.stringify(decodeLine(line, dropped))}\n`;
      dropped = 0;
    }
    lastDropped = undefined;
    budget.take(text.length);
    output.write(text);
  };
  /** A flood that stops shows its last line, not the last one that fitted. */
  const flushLater = (): void => {
    flush ??= setTimeout(() => {
      flush = undefined;
      if (lastDropped === undefined || signal.aborted) return;
      if (output.writableNeedDrain || !budget.has()) return flushLater();
      isLagging = false;
      sendLast(lastDropped);
    }, RETRY_MS);
  };
  const sendLast = (line: RawLine): void => {
    dropped -= 1;
    write([line]);
  };
  const drop = async (lines: readonly RawLine[]): Promise<void> => {
    dropped += lines.length;
    lastDropped = lines.at(-1) ?? lastDropped;
    flushLater();
    await sleep(DROP_PAUSE_MS, undefined, { signal });
  };

  return {
    send: async (lines) => {
      if (lines.length === 0) return;
      if (!follows) {
        await isDrained(output, Number.POSITIVE_INFINITY, signal);
        return write(lines);
      }
      isLagging = !(await isDrained(output, isLagging ? 0 : MAX_LAG_MS, signal));
      if (isLagging || !budget.has()) return drop(lines);
      write(lines);
    },
    end: async () => {
      clearTimeout(flush);
      await isDrained(output, Number.POSITIVE_INFINITY, signal);
      if (lastDropped !== undefined) sendLast(lastDropped);
    },
  };
};
