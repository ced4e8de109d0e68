/**
 * The parts of fleet commands that this core has, many at a time: one that hangs holds its own place and nothing else. What
 * happens goes into the rows; this memory is only for what is running right now.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { RunId } from '@serverbox/contract/runs';
import type { Clock } from '../../lib/clock.ts';
import type { Db } from '../../lib/db/orm.ts';
import type { NodeLinks } from '../../lib/link/link.ts';
import type { Log } from '../../lib/log.ts';
import { createCarrier } from './carrier.ts';
import type { Job } from './leases.ts';
import { abandon, releaseWaiting, renewLeases } from './leases.ts';
import { createLimiter } from './limiter.ts';
import type { Part } from './part.ts';
import { createPart } from './part.ts';
import type { ListWays } from './ports.ts';

/** Places, not threads: a place is a channel on a link and at most two heads of output. */
const MAX_RUNNING = 512;
/** Of the few connections to the database, most are for people. */
const MAX_QUERIES = 4;
const RENEW_MS = 5000;
const PROGRESS_MS = 500;

export interface ExecutorDeps {
  db: Db;
  clock: Clock;
  log: Log;
  links: Pick<NodeLinks, 'reach'>;
  listWays: ListWays;
  /** Something about this node's part was written. */
  onChanged(runId: RunId, nodeId: NodeId): void;
  /** The last part that this core had of the run is over. */
  onDrained(runId: RunId): Promise<void>;
}

export interface Executor {
  /** Parts whose leases this core holds. `isComeback`: their nodes may still be on their way back. */
  add(jobs: readonly Job[], options?: { isComeback: boolean }): void;
  /** Ends the parts of a run that are running here. */
  cancel(runId: RunId): void;
  start(): void;
  /** Leaves everything to the next core: what has not begun, begins there; how the rest ends is not known. */
  stop(): Promise<void>;
}

/** Runs `work` now and then, never twice at a time; a failure is logged, and the next time comes. */
const every = (ms: number, { log, failure }: { log: Log; failure: string }, work: () => Promise<void>) => {
  let isBusy = false;
  return setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    void work()
      .catch((error: unknown) => log.warn(failure, { error }))
      .finally(() => {
        isBusy = false;
      });
  }, ms);
};

export const createExecutor = (deps: ExecutorDeps): Executor => {
  const { db, clock, log, links, listWays, onChanged, onDrained } = deps;
  const held = new Map<string, Part>();
  const places = createLimiter(MAX_RUNNING);
  const queries = createLimiter(MAX_QUERIES);
  const stopping = new AbortController();
  let timers: NodeJS.Timeout[] = [];

  const changed = ({ job: { runId, nodeId } }: Part): void => onChanged(runId, nodeId);
  const carryPart = createCarrier({ db, clock, links, listWays, queries, stopping: stopping.signal, onBegun: changed });

  const carry = async (part: Part, isComeback: boolean): Promise<void> => {
    const { runId, nodeId, jobId } = part.job;
    await places
      .run(() => carryPart(part, isComeback))
      // Without the database nothing can be written: the lease runs out, and the part is settled as not known.
      .catch((error: unknown) => log.warn('a part of a fleet command was not recorded', { runId, nodeId, error }));
    held.delete(jobId);
    if (stopping.signal.aborted) return;
    changed(part);
    if ([...held.values()].some(({ job }) => job.runId === runId)) return;
    await onDrained(runId).catch((error: unknown) =>
      log.warn('the end of a fleet command was not noted', { runId, error }),
    );
  };

  const renew = async (): Promise<void> => {
    if (held.size === 0) return;
    for (const jobId of await renewLeases(db, [...held.keys()])) held.get(jobId)?.stop('cancelled');
  };
  const writeProgress = async (): Promise<void> => {
    for (const part of [...held.values()].filter(({ isProgressDue }) => isProgressDue())) {
      await queries.run(part.saveProgress);
      changed(part);
    }
  };

  return {
    add: (jobs, { isComeback } = { isComeback: false }) => {
      const parts = jobs.map((job) => createPart({ db, clock }, job));
      // All before the first begins: the run is over when none of them is left.
      for (const part of parts) held.set(part.job.jobId, part);
      for (const part of parts) void carry(part, isComeback);
    },
    cancel: (runId) => {
      for (const part of held.values()) if (part.job.runId === runId) part.stop('cancelled');
    },
    start: () => {
      timers = [
        every(RENEW_MS, { log, failure: 'leases of fleet commands were not renewed' }, renew),
        every(PROGRESS_MS, { log, failure: 'outputs of fleet commands were not written' }, writeProgress),
      ];
    },
    stop: async () => {
      stopping.abort();
      for (const timer of timers) clearInterval(timer);
      const parts = [...held.values()];
      const idsOf = (isRunning: boolean) =>
        parts.filter((part) => part.isRunning === isRunning).map(({ job }) => job.jobId);
      await releaseWaiting(db, idsOf(false));
      await abandon(db, idsOf(true), clock.now());
    },
  };
};
