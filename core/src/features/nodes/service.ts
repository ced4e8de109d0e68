/** Nodes: which there are, how they are, what happened to them, and running a command on one. */
import type { NodeId } from '@serverbox/contract/ids';
import type {
  Activity,
  ActivityInput,
  ActivityPage,
  ExecResult,
  NodeDetail,
  NodeSummary,
} from '@serverbox/contract/nodes';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import { notFound } from '../../lib/errors.ts';
import type { NodeLinks } from '../../lib/link/link.ts';
import type { Log } from '../../lib/log.ts';
import type { Principal, ScopedNode } from '../../middleware/ports.ts';
import type { ActivityEntry } from './activity.ts';
import { createRecordActivity, findActivity, listActivityPage, listRecentActivity } from './activity.ts';
import type { ExecCommand, Hello } from './commands.ts';
import { createCommands } from './commands.ts';
import type { CountContainers, NodeSpark, Readings } from './ports.ts';
import { toDetail, toSummary } from './present.ts';
import type { NodeRow } from './queries.ts';
import { findNodeName, findNodeRow, listNodeNames, listNodeRows } from './queries.ts';
import { nodeStatus } from './status.ts';
import type { StatusWatch } from './status-watch.ts';
import { createStatusWatch } from './status-watch.ts';

export interface NodesDeps {
  database: Database;
  clock: Clock;
  log: Log;
  bus: Bus;
  links: NodeLinks;
  readings: Readings;
  countContainers: CountContainers;
}

type Summary = z.infer<typeof NodeSummary>;

/** Every node is in the scope of every principal, as long as there is one team; a foreign node would be "not found". */
export interface Nodes {
  /** By name. */
  list(principal: Principal): Promise<Summary[]>;
  listScoped(principal: Principal): Promise<ScopedNode[]>;
  /** For the gate: undefined when there is none within the scope. */
  find(principal: Principal, nodeId: NodeId): Promise<ScopedNode | undefined>;
  /** @throws AppError `not_found` */
  get(nodeId: NodeId): Promise<z.infer<typeof NodeDetail>>;
  /** @throws AppError `conflict` when another node has this name */
  rename(nodeId: NodeId, name: string, actor: string): Promise<Summary>;
  /** Those of the nodes that are within the scope, in the given order. */
  sparks(principal: Principal, nodeIds: readonly NodeId[]): Promise<NodeSpark[]>;
  /** Runs one program; up to 1 MiB of each output. @throws AppError `node_unreachable` | `refused_by_policy` | `timed_out` */
  exec(nodeId: NodeId, command: ExecCommand, signal: AbortSignal): Promise<z.infer<typeof ExecResult>>;
  /** Newest first. @throws AppError `bad_request` for a cursor that is none */
  listActivity(input: z.infer<typeof ActivityInput>): Promise<z.infer<typeof ActivityPage>>;
  listRecentActivity(principal: Principal, limit: number): Promise<Activity[]>;
  findActivity(id: string): Promise<Activity | undefined>;
  recordActivity(nodeId: NodeId, entry: ActivityEntry): Promise<void>;
  /** Stores what the agent says about its machine; a change becomes part of the story. */
  touchFacts(nodeId: NodeId, hello: Hello): Promise<void>;
  /** Begins to notice changes of state; `stop` ends it. */
  start(): void;
  stop(): void;
}

const watchStatuses = ({ database, clock, log, bus, links, readings }: NodesDeps): StatusWatch<NodeRow> =>
  createStatusWatch<NodeRow>({
    clock,
    log,
    listNodes: () => listNodeRows(database.db),
    judge: ({ id, services, facts }) =>
      nodeStatus({
        nowMs: clock.now().getTime(),
        readings: readings.recentReadings(id),
        detail: readings.latestDetail(id),
        lastSampleAt: readings.lastSampleAt(id),
        isLinked: links.find(id) !== undefined,
        mayReport: services.includes('metrics'),
        cpuCores: facts?.cpuCores,
      }),
    findBeginning: ({ id }, state) => (state === 'offline' ? readings.lastSampleAt(id) : links.find(id)?.linkedAt),
    onChange: (nodeId) => bus.publish('node.changed', { nodeId }),
  });

export const createNodes = (deps: NodesDeps): Nodes => {
  const { clock, bus, links, readings, countContainers } = deps;
  const { db } = deps.database;
  const recordActivity = createRecordActivity({ db, clock, bus });

  const commands = createCommands({ ...deps, recordActivity });
  const watch = watchStatuses(deps);
  let unsubscribe: (() => void)[] = [];

  const partsOf = (row: NodeRow) => ({
    row,
    status: watch.statusOf(row),
    reading: readings.latestReading(row.id),
    containerCount: countContainers(row.id),
  });
  const getRow = async (nodeId: NodeId): Promise<NodeRow> => {
    const row = await findNodeRow(db, nodeId);
    if (row === undefined) throw notFound('The node');
    return row;
  };

  return {
    list: async () => (await listNodeRows(db)).map((row) => toSummary(partsOf(row))),
    listScoped: () => listNodeNames(db),
    find: async (_, nodeId) => {
      const name = await findNodeName(db, nodeId);
      return name === undefined ? undefined : { id: nodeId, name };
    },
    get: async (nodeId) =>
      toDetail({
        ...partsOf(await getRow(nodeId)),
        detail: readings.latestDetail(nodeId),
        clockSkewMs: readings.clockSkewMs(nodeId),
        linkedAt: links.find(nodeId)?.linkedAt,
      }),

    rename: async (nodeId, name, actor) => {
      await commands.rename(await getRow(nodeId), name, actor);
      return toSummary(partsOf(await getRow(nodeId)));
    },
    exec: commands.exec,
    touchFacts: commands.touchFacts,
    sparks: async (_, nodeIds) => {
      const known = new Set((await listNodeNames(db)).map(({ id }) => id));
      return readings.sparks(nodeIds.filter((nodeId) => known.has(nodeId)));
    },
    listActivity: (input) => listActivityPage(db, input),
    listRecentActivity: (_, limit) => listRecentActivity(db, limit),
    findActivity: (id) => findActivity(db, id),
    recordActivity,

    start: () => {
      const topics = ['node.changed', 'node.linked', 'node.unlinked', 'bus.resumed'] as const;
      unsubscribe = topics.map((topic) => bus.subscribe(topic, () => watch.invalidate()));
      watch.start();
    },
    stop: () => {
      watch.stop();
      for (const end of unsubscribe) end();
    },
  };
};
