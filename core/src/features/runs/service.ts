/** Fleet commands: one command on many nodes at once, with an outcome for each of them. The rows are the truth. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Run, RunId, RunPage, RunsInput, RunTarget, StartRunInput } from '@serverbox/contract/runs';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import { isForeignKeyViolation } from '../../lib/db/database-errors.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import type { NodeLinks } from '../../lib/link/link.ts';
import { quoteArgv } from '../../lib/link/quote.ts';
import type { Log } from '../../lib/log.ts';
import { pageOf } from '../../lib/time-cursor.ts';
import type { AuditTrail, Principal } from '../../middleware/ports.ts';
import { wordsOf } from './execute.ts';
import type { Executor } from './executor.ts';
import { createExecutor } from './executor.ts';
import { createFinish } from './finish.ts';
import type { Job } from './leases.ts';
import { LINK_LEASE_SECONDS, takeOver } from './leases.ts';
import type { PollJobs } from './poll-jobs.ts';
import { createPollJobs } from './poll-jobs.ts';
import type { ListScoped, ListWays, RecordActivity } from './ports.ts';
import { countsOf, startText, toRun, toRunSummary, toTarget } from './present.ts';
import * as queries from './queries.ts';

export interface RunsDeps {
  database: Database;
  clock: Clock;
  log: Log;
  bus: Bus;
  audit: AuditTrail;
  links: Pick<NodeLinks, 'reach'>;
  listScoped: ListScoped;
  listWays: ListWays;
  recordActivity: RecordActivity;
}

export interface Runs {
  /**
   * Begins at once and does not wait for the end. All nodes have to be within the scope, or nothing is begun.
   * @throws AppError `not_found` | `bad_request` | `conflict` when too many are running
   */
  start(principal: Principal, input: z.infer<typeof StartRunInput>): Promise<Run>;
  /** With the beginning of each output. @throws AppError `not_found` */
  get(id: RunId): Promise<Run>;
  /** One node's part with all of its output that is kept. @throws AppError `not_found` */
  output(id: RunId, nodeId: NodeId): Promise<RunTarget>;
  /** Newest first. @throws AppError `bad_request` for a cursor that is none */
  list(input: z.infer<typeof RunsInput>): Promise<z.infer<typeof RunPage>>;
  /** What waits never begins; what runs is told to end. @throws AppError `not_found` | `conflict` when it is over */
  cancel(id: RunId): Promise<Run>;
  /** For nodes that ask by long-poll; `run.changed` on the bus says when there may be something to ask for. */
  readonly jobs: PollJobs;
  /** Takes over what others left behind, and goes on looking for it. */
  open(): void;
  close(): Promise<void>;
}

/** So many fleet commands at a time: each may hold a thousand places. */
const MAX_UNFINISHED = 50;
const SWEEP_MS = 5000;

/** What starts a run: everything is checked first, so that it begins on all of its nodes or on none. */
const createStart = (deps: RunsDeps, executor: Executor) => {
  const { database, clock, bus } = deps;
  const { db } = database;

  const assertScope = async (principal: Principal, nodeIds: readonly NodeId[]): Promise<void> => {
    const scoped = new Set((await deps.listScoped(principal)).map(({ id }) => id));
    if (!nodeIds.every((nodeId) => scoped.has(nodeId))) throw notFound('One of the nodes');
  };
  const insert = async (run: queries.RunRow, jobs: readonly Job[]): Promise<void> => {
    try {
      await database.transaction((tx) => queries.insertRun(tx, run, jobs, LINK_LEASE_SECONDS));
    } catch (error) {
      if (isForeignKeyViolation(error)) throw notFound('One of the nodes');
      throw error;
    }
  };
  const tell = async (row: queries.RunRow, nodeIds: readonly NodeId[]): Promise<void> => {
    const entry = { kind: 'run.started' as const, subject: null, actor: row.actor, text: startText(row) };
    await deps.recordActivity(nodeIds.map((nodeId) => ({ nodeId, ...entry })));
    bus.publish('run.changed', { runId: row.id, nodeIds: [...nodeIds] });
  };

  return async (principal: Principal, input: z.infer<typeof StartRunInput>): Promise<RunId> => {
    const { command, timeoutMs } = input;
    const nodeIds = [...new Set(input.nodeIds)];
    quoteArgv(wordsOf(command).argv);
    await assertScope(principal, nodeIds);
    if ((await queries.countUnfinishedRuns(db)) >= MAX_UNFINISHED)
      throw new AppError('conflict', `${MAX_UNFINISHED} fleet commands are running; wait until one of them is over.`);
    const startedAt = clock.now();
    const id = newId<RunId>(startedAt);
    const row = { id, command, timeoutMs, actor: principal.email, startedAt, endedAt: null, cancelledAt: null };
    const jobs = nodeIds.map((nodeId): Job => ({ runId: id, nodeId, jobId: newId(startedAt), command, timeoutMs }));
    await insert(row, jobs);
    executor.add(jobs);
    await tell(row, nodeIds);
    await queries.trimRuns(db);
    return id;
  };
};

const createReads = (db: Db) => {
  const getRow = async (id: RunId): Promise<queries.RunRow> => {
    const row = await queries.findRun(db, id);
    if (row === undefined) throw notFound('The fleet command');
    return row;
  };
  return {
    get: async (id: RunId): Promise<Run> => toRun(await getRow(id), await queries.listTargets(db, id)),
    output: async (id: RunId, nodeId: NodeId): Promise<RunTarget> => {
      const row = await queries.findTarget(db, id, nodeId);
      if (row === undefined) throw notFound('The fleet command on this node');
      return toTarget(row);
    },
    list: async ({ cursor, limit }: z.infer<typeof RunsInput>): Promise<z.infer<typeof RunPage>> => {
      const rows = await queries.listRuns(db, { cursor, limit });
      const page = pageOf(rows, limit, ({ id, startedAt }) => ({ id, at: startedAt.toISOString() }));
      const counted = await queries.countEndings(
        db,
        page.items.map(({ id }) => id),
      );
      const byRun = Map.groupBy(counted, ({ runId }) => runId);
      return { ...page, items: page.items.map((row) => toRunSummary(row, countsOf(byRun.get(row.id) ?? []))) };
    },
  };
};

export const createRuns = (deps: RunsDeps): Runs => {
  const { database, clock, bus, log } = deps;
  const { db } = database;
  const onChanged = (runId: RunId, nodeId: NodeId): void => bus.publish('run.changed', { runId, nodeIds: [nodeId] });
  const { finish, sweep } = createFinish(deps);
  const onEnded = (runId: RunId): Promise<void> => finish([runId]);
  const executor = createExecutor({ ...deps, db, onChanged, onDrained: onEnded });
  const start = createStart(deps, executor);
  const reads = createReads(db);
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe: (() => void) | undefined;

  const look = async (): Promise<void> => {
    executor.add(await takeOver(db), { isComeback: true });
    await sweep();
  };
  const tick = async (): Promise<void> => {
    await look().catch((error: unknown) => log.warn('fleet commands were not looked after', { error }));
    if (timer !== undefined) timer = setTimeout(() => void tick(), SWEEP_MS);
  };

  return {
    ...reads,
    start: async (principal, input) => reads.get(await start(principal, input)),
    cancel: async (id) => {
      const { targets } = await reads.get(id);
      const at = clock.now();
      const stopped = await database.transaction(async (tx) =>
        (await queries.markCancelled(tx, id, at)) ? queries.cancelWaiting(tx, id, at) : undefined,
      );
      if (stopped === undefined) throw new AppError('conflict', 'The fleet command is over already.');
      bus.publish('run.cancelled', { runId: id });
      bus.publish('run.changed', { runId: id, nodeIds: targets.map(({ nodeId }) => nodeId) });
      await finish([id]);
      return reads.get(id);
    },
    jobs: createPollJobs({ database, clock, onChanged, onEnded }),
    open: () => {
      unsubscribe = bus.subscribe('run.cancelled', ({ runId }) => executor.cancel(runId));
      executor.start();
      timer ??= setTimeout(() => void tick(), 0);
    },
    close: async () => {
      clearTimeout(timer);
      timer = undefined;
      unsubscribe?.();
      await executor.stop();
    },
  };
};
