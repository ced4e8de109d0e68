/**
 * What the containers of one node are now, without asking the engine for it: read once, then fed by the engine's events. An
 * event only says which container to read again, so the order and number of events do not matter for the result. When the
 * engine or the link goes away, the last good state stays, with the time until which it was true.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainerId } from '@serverbox/contract/ids';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { EventMemory, Touched } from './changes.ts';
import { createEventMemory, createTouched } from './changes.ts';
import type { DockerReads } from './client.ts';
import { connectionError } from './engine-errors.ts';
import type { Attempt } from './keep-trying.ts';
import { keepTrying } from './keep-trying.ts';
import type { EngineEvent } from './replies.ts';
import type { ReadContext, Rows } from './row-reads.ts';
import { readRows, rereadRows } from './row-reads.ts';
import type { ContainerRow } from './rows.ts';

/** Time for events of one act to gather; together with the read far below the 50 ms that a change may take. */
const GATHER_MS = 15;
const CONFIRM_AFTER_MS = [150, 1200] as const;
/** The engine answers a little before it listens, and its clock is known to the second only. */
const EVENTS_OVERLAP_MS = 2000;

export interface SnapshotView {
  /** Undefined: never read, which is not the same as none. Newest first. */
  rows: readonly ContainerRow[] | undefined;
  /** Until when the rows were true: now while the event stream lives. */
  observedAt: Date;
  /** Why the rows are old or missing. */
  problem: AppError | undefined;
}

export interface Snapshot {
  view(): SnapshotView;
  find(id: ContainerId): ContainerRow | undefined;
  /**
   * Keeps the rows true until `signal` aborts, reconnecting for ever. One at a time; the next one, over another link, goes on
   * with the same rows.
   */
  follow(reads: DockerReads, signal: AbortSignal): Promise<void>;
  /** Why nobody follows: shown until the next `follow` succeeds. */
  lose(problem: AppError): void;
  /** Resolves when rows were read or a problem is known, or after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>;
}

export interface SnapshotListener {
  /** Something changed; no ids mean everything. Comes at most once every GATHER_MS. */
  changed(ids: readonly ContainerId[]): void;
  /** Something happened since we listen, told once, before the rows follow it. */
  happened(event: EngineEvent): void;
}

const newestFirst = (a: ContainerRow, b: ContainerRow): number =>
  b.createdAt.getTime() - a.createdAt.getTime() || a.id.localeCompare(b.id);

/**
 * The engine tells of a change a moment before its own list shows it, so a list read at once may still be the old one: seen
 * with engine 20.10 for a container that ended right after its start. What was touched is looked at again.
 */
const createConfirmation = (touched: Touched, signal: AbortSignal) => {
  const timers = new Set<NodeJS.Timeout>();
  signal.addEventListener('abort', () => timers.forEach(clearTimeout), { once: true });
  return (ids: readonly ContainerId[]): void => {
    for (const delayMs of CONFIRM_AFTER_MS) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        touched.add(ids, false);
      }, delayMs);
      timers.add(timer);
    }
  };
};

/** Waiting for something to be known, with a bound. */
const createWaiting = () => {
  let waiting: (() => void)[] = [];
  return {
    end: (): void => {
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    wait: (timeoutMs: number): Promise<void> =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
};

interface Listening {
  memory: EventMemory;
  touched: Touched;
  toldFrom: Date;
  happened(event: EngineEvent): void;
}

/** Ends by throwing, because a stream of events has no end of its own. */
const listen = async (events: AsyncGenerator<EngineEvent>, listening: Listening): Promise<never> => {
  const { memory, touched, toldFrom, happened } = listening;
  for await (const event of events) {
    if (!memory.isNew(event)) continue;
    if (event.timeNano / 1e6 >= toldFrom.getTime()) happened(event);
    touched.add([ContainerId.parse(event.Actor.ID)], true);
  }
  throw new AppError('docker_unavailable', 'Docker ended the stream of events: it stopped or restarts.');
};

export const createSnapshot = (clock: Clock, listener: SnapshotListener): Snapshot => {
  const memory = createEventMemory();
  const waiting = createWaiting();
  let rows: Rows | undefined;
  let sorted: readonly ContainerRow[] | undefined;
  let isLive = false;
  let trueUntil = clock.now();
  let problem: AppError | undefined;

  const tell = (ids: readonly ContainerId[]): void => {
    sorted = undefined;
    listener.changed(ids);
  };
  const lose = (reason: AppError): void => {
    if (isLive) trueUntil = clock.now();
    const isNews = isLive || problem?.message !== reason.message;
    isLive = false;
    problem = reason;
    waiting.end();
    if (isNews) tell([]);
  };

  const keepReading = async (context: ReadContext, touched: Touched, succeeded: () => void): Promise<never> => {
    const read = await readRows(context);
    // The event stream may have broken while this was under way: then it is not known to be true any more.
    context.signal.throwIfAborted();
    rows = read;
    isLive = true;
    problem = undefined;
    succeeded();
    waiting.end();
    tell([]);
    const confirmLater = createConfirmation(touched, context.signal);
    for (;;) {
      await touched.some();
      await sleep(GATHER_MS, undefined, { signal: context.signal });
      const { ids, news } = touched.take();
      const changed = await rereadRows(context, read, ids);
      if (changed.length > 0) tell(changed);
      if (news.length > 0) confirmLater(news);
    }
  };

  /** Listens first and reads then, so that nothing can happen unseen in between. Ends by throwing. */
  const followOnce = async (reads: DockerReads, { signal, succeeded }: Attempt): Promise<never> => {
    const touched = createTouched();
    const engineNow = new Date(clock.now().getTime() + (await reads.clockOffsetMs()));
    const resumeAt = memory.resumeAt();
    const since = resumeAt ?? new Date(engineNow.getTime() - EVENTS_OVERLAP_MS);
    const events = await reads.openEvents({ since, signal });
    const toldFrom = resumeAt ?? engineNow;
    return await Promise.race([
      listen(events, { memory, touched, toldFrom, happened: listener.happened }),
      keepReading({ reads, clock, signal }, touched, succeeded),
    ]);
  };

  return {
    view: () => {
      if (rows !== undefined) sorted ??= [...rows.values()].sort(newestFirst);
      return { rows: sorted, observedAt: isLive ? clock.now() : trueUntil, problem };
    },
    find: (id) => rows?.get(id),
    lose,
    follow: (reads, signal) =>
      keepTrying(
        signal,
        (attempt) => followOnce(reads, attempt),
        (error) => lose(error instanceof AppError ? error : connectionError(error)),
      ),
    settled: (timeoutMs) => (rows !== undefined || problem !== undefined ? Promise.resolve() : waiting.wait(timeoutMs)),
  };
};
