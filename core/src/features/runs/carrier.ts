/** Carries one part of a fleet command from its start to its end: reach the node, run the command, write down how it ended. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Clock } from '../../lib/clock.ts';
import type { Db } from '../../lib/db/orm.ts';
import type { NodeLink, NodeLinks } from '../../lib/link/link.ts';
import type { Detour } from './detour.ts';
import { detourOf } from './detour.ts';
import type { Ending } from './execute.ts';
import { ending, execute, failed } from './execute.ts';
import { handToPoll, settleWaiting } from './leases.ts';
import type { Limiter } from './limiter.ts';
import type { Part } from './part.ts';
import type { ListWays } from './ports.ts';

/** For a link to be there; dialling has shorter deadlines of its own. */
const REACH_MS = 45_000;
/** After a restart of the core its nodes come back within seconds. */
const COMEBACK_MS = 30_000;
const COMEBACK_POLL_MS = 500;
/** A result is worth some patience with a database that is away. */
const SETTLE_ATTEMPTS = 30;
const SETTLE_PAUSE_MS = 2000;

export interface CarrierDeps {
  db: Db;
  clock: Clock;
  links: Pick<NodeLinks, 'reach'>;
  listWays: ListWays;
  queries: Limiter;
  /** Aborts when the core stops: from then on nothing is written here any more. */
  stopping: AbortSignal;
  onBegun(part: Part): void;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** What becomes of a part whose node could not be reached. Pure. */
const unreachedEnding = (signal: AbortSignal, { refusal }: Detour, error: unknown): Ending => {
  if (signal.aborted && signal.reason === 'timed_out')
    return ending('unreachable', 'The node could not be reached in time.');
  return refusal === undefined ? failed(error) : ending('unreachable', refusal);
};

/** The returned function carries a part; it rejects only when the database stays away. */
export const createCarrier = ({ db, clock, links, listWays, queries, stopping, onBegun }: CarrierDeps) => {
  const findDetour = (nodeId: NodeId): Promise<Detour> => queries.run(async () => detourOf(await listWays(nodeId)));

  /** The node's link; a node that may be on its way back is given a moment. */
  const reach = async ({ job, signal, stopped }: Part, isComeback: boolean): Promise<NodeLink> => {
    const untilMs = clock.monotonicMs() + COMEBACK_MS;
    for (;;) {
      try {
        return await Promise.race([links.reach(job.nodeId), stopped]);
      } catch (error) {
        if (!isComeback || stopping.aborted || signal.aborted || clock.monotonicMs() >= untilMs) throw error;
        if ((await findDetour(job.nodeId)).isPolled) throw error;
        await pause(COMEBACK_POLL_MS);
      }
    }
  };

  const endUnreached = async ({ job: { nodeId, jobId }, signal }: Part, error: unknown): Promise<void> => {
    const detour = await findDetour(nodeId);
    if (stopping.aborted) return;
    await queries.run(() =>
      detour.isPolled && !signal.aborted
        ? handToPoll(db, jobId)
        : settleWaiting(db, jobId, unreachedEnding(signal, detour, error), clock.now()),
    );
  };

  const settle = async (part: Part, end: Ending): Promise<void> => {
    for (let attempt = 1; !stopping.aborted; attempt += 1) {
      try {
        return await queries.run(() => part.settle(end));
      } catch (error) {
        if (attempt === SETTLE_ATTEMPTS) throw error;
        await pause(SETTLE_PAUSE_MS);
      }
    }
  };

  const runOver = async (part: Part, link: NodeLink): Promise<void> => {
    const { job, signal, stdout, stderr } = part;
    if (stopping.aborted || !(await queries.run(part.begin))) return;
    onBegun(part);
    const deadline = setTimeout(() => part.stop('timed_out'), job.timeoutMs);
    try {
      await settle(part, await execute(link, job.command, { timeoutMs: job.timeoutMs, signal, stdout, stderr }));
    } finally {
      clearTimeout(deadline);
    }
  };

  return async (part: Part, isComeback: boolean): Promise<void> => {
    // Cancelled while it waited for its place: the row says so already.
    if (stopping.aborted || part.signal.aborted) return;
    const deadline = setTimeout(() => part.stop('timed_out'), REACH_MS);
    const link = await reach(part, isComeback)
      .catch((error: unknown) => ({ error }))
      .finally(() => clearTimeout(deadline));
    if ('error' in link) await endUnreached(part, link.error);
    else await runOver(part, link);
  };
};
