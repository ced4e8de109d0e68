/**
 * The bounded queue between the agents and the database. Samples wait at most `BATCH_MS`, then go in one transaction; a
 * batch that fails is tried again until it is in. While the database is slow or away the queue fills, `whenRoom` makes the
 * readers wait, and the agents keep what is not acknowledged.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Sample } from './sample.ts';

const BATCH_MS = 100;
const MAX_BATCH_ROWS = 20_000;
/** Of a row's bookkeeping, counted like values: with eight bytes a value the queue is bounded at about 32 MB. */
const ROW_OVERHEAD = 16;
const MAX_QUEUED = 2_000_000;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

export interface SampleWriter {
  /** Queues a sample; `onCommitted` is called once when it is durable. Samples of one spool come in the order of `seq`. */
  add(sample: Sample, onCommitted: () => void): void;
  readonly hasRoom: boolean;
  /** Resolves when there is room for more. @throws the signal's reason */
  whenRoom(signal: AbortSignal): Promise<void>;
  /** Makes one last attempt for what is queued; the rest was never acknowledged. */
  close(): Promise<void>;
}

interface Waiting {
  sample: Sample;
  onCommitted: () => void;
  size: number;
}

const sizeOf = ({ rows }: Sample): number =>
  rows.reduce((sum, row) => sum + row.values.length + ROW_OVERHEAD, ROW_OVERHEAD);

/** The longest beginning of the queue that fits one transaction; at least one sample. */
const takeBatch = (queue: Waiting[]): Waiting[] => {
  let rows = 0;
  const end = queue.findIndex(({ sample }) => {
    rows += sample.rows.length;
    return rows > MAX_BATCH_ROWS;
  });
  return queue.slice(0, end === -1 ? queue.length : Math.max(1, end));
};

export const createSampleWriter = (deps: {
  commit: (samples: readonly Sample[]) => Promise<void>;
  clock: Clock;
  log: Log;
}): SampleWriter => {
  const { commit, clock, log } = deps;
  let queue: Waiting[] = [];
  let queuedSize = 0;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;
  let failures = 0;
  let isClosed = false;
  let room = Promise.withResolvers<void>();

  const schedule = (delayMs: number): void => {
    if (isClosed || timer !== undefined || flushing !== undefined || queue.length === 0) return;
    timer = setTimeout(() => {
      timer = undefined;
      void flush();
    }, delayMs);
  };
  const settle = (batch: readonly Waiting[]): void => {
    queue = queue.slice(batch.length);
    queuedSize -= batch.reduce((sum, { size }) => sum + size, 0);
    if (failures > 0) log.info('samples stored again', { failedAttempts: failures });
    failures = 0;
    for (const { onCommitted } of batch) onCommitted();
    if (queuedSize >= MAX_QUEUED) return;
    room.resolve();
    room = Promise.withResolvers();
  };
  const commitNext = async (): Promise<void> => {
    const batch = takeBatch(queue);
    try {
      await commit(batch.map(({ sample }) => sample));
      settle(batch);
    } catch (error) {
      // Recorded once, not each attempt: nothing is lost, the agents hold what was not acknowledged.
      if (failures === 0) log.error('samples could not be stored', { samples: queue.length, error });
      failures += 1;
    }
  };
  const flush = async (): Promise<void> => {
    if (flushing !== undefined || queue.length === 0) return;
    const startedAtMs = clock.monotonicMs();
    flushing = commitNext();
    await flushing;
    flushing = undefined;
    const tookMs = clock.monotonicMs() - startedAtMs;
    const pause = failures === 0 ? BATCH_MS - tookMs : Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    schedule(Math.max(0, pause));
  };

  return {
    add: (sample, onCommitted) => {
      if (isClosed) return;
      const size = sizeOf(sample);
      queue.push({ sample, onCommitted, size });
      queuedSize += size;
      schedule(BATCH_MS);
    },
    get hasRoom() {
      return queuedSize < MAX_QUEUED;
    },
    whenRoom: async (signal) => {
      signal.throwIfAborted();
      const aborted = Promise.withResolvers<never>();
      const abort = () => aborted.reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      try {
        while (queuedSize >= MAX_QUEUED) await Promise.race([room.promise, aborted.promise]);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await flushing;
      if (queue.length > 0 && failures === 0) await commitNext();
    },
  };
};
