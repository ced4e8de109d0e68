/** Nodes: which there are, how they are and are ordered, what happened to them, and running a command on one. */
import type { NodeId } from '@serverbox/contract/ids';
import type {
  Activity,
  ActivityInput,
  ActivityPage,
  ExecResult,
  NodeDetail,
  NodeSummary,
} from '@serverbox/contract/nodes';
import type { BulkResult, InventoryInput, InventoryPage } from '@serverbox/contract/organise';
import type { NodeWay } from '@serverbox/contract/ways';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import { notFound } from '../../lib/errors.ts';
import type { NodeLinks } from '../../lib/link/link.ts';
import type { Log } from '../../lib/log.ts';
import type { Principal, ScopedNode } from '../../middleware/ports.ts';
import type { RecordActivities, RecordActivity } from './activity.ts';
import { createRecordActivities, listActivityById, listActivityPage, listRecentActivity } from './activity.ts';
import type { NodeUpdate, TagChange } from './changes.ts';
import { createChanges } from './changes.ts';
import type { ExecCommand, Hello } from './commands.ts';
import { createCommands } from './commands.ts';
import { listInventoryPage } from './inventory.ts';
import type { CountContainers, ListWays, NodeSpark, Readings } from './ports.ts';
import { toDetail, toSummary } from './present.ts';
import type { NodeRow } from './queries.ts';
import {
  findNodeName,
  findNodeRow,
  findNote,
  listNodeNames,
  listNodeRows,
  listTags,
  saveFavourite,
} from './queries.ts';
import { createSilence } from './silence.ts';
import { nodeStatus } from './status.ts';
import type { StatusWatch } from './status-watch.ts';
import { createStatusWatch } from './status-watch.ts';
import { climbLadder } from './ways.ts';

export interface NodesDeps {
  database: Database;
  clock: Clock;
  log: Log;
  bus: Bus;
  links: NodeLinks;
  readings: Readings;
  countContainers: CountContainers;
  listWays: ListWays;
  /** How often the node is to be measured, where that is set; undefined: at the usual pace. */
  everyMs(nodeId: NodeId): number | undefined;
  /** Ends what is open to a node that was removed: links here at once, on other cores within seconds. */
  detach(nodeId: NodeId): Promise<void>;
  /** Whether this installation keeps the machine that it runs on as a node. */
  keepsLocalNode: boolean;
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
  get(principal: Principal, nodeId: NodeId): Promise<z.infer<typeof NodeDetail>>;
  /** A node that no way leads to yet. @throws AppError `conflict` when another node has this name */
  create(name: string): Promise<NodeId>;
  /** What is absent stays. @throws AppError `conflict` when another node has this name */
  update(principal: Principal, update: NodeUpdate): Promise<Summary>;
  /** With its history, its credentials and its links. @throws AppError `not_found` | `conflict`, which says what stands in the way */
  remove(principal: Principal, nodeId: NodeId): Promise<void>;
  /** All in one transaction; what cannot be done to one node is told for it and stops no other. */
  tagMany(principal: Principal, change: TagChange): Promise<z.infer<typeof BulkResult>>;
  setFavourite(principal: Principal, nodeId: NodeId, isFavourite: boolean): Promise<void>;
  /** Every tag that a node within the scope has, by name. */
  listTags(principal: Principal): Promise<{ tag: string; nodeCount: number }[]>;
  /** How the machine changed, newest first. @throws AppError `bad_request` for a cursor that is none */
  listInventory(input: z.infer<typeof InventoryInput>): Promise<z.infer<typeof InventoryPage>>;
  /** Those of the nodes that are within the scope, in the given order. */
  sparks(principal: Principal, nodeIds: readonly NodeId[]): Promise<NodeSpark[]>;
  /** Runs one program; up to 1 MiB of each output. @throws AppError `node_unreachable` | `refused_by_policy` | `timed_out` */
  exec(nodeId: NodeId, command: ExecCommand, signal: AbortSignal): Promise<z.infer<typeof ExecResult>>;
  /** Newest first. @throws AppError `bad_request` for a cursor that is none */
  listActivity(input: z.infer<typeof ActivityInput>): Promise<z.infer<typeof ActivityPage>>;
  listRecentActivity(principal: Principal, limit: number): Promise<Activity[]>;
  /** Those that are still there, oldest first. */
  listActivityById(ids: readonly string[]): Promise<Activity[]>;
  recordActivity: RecordActivity;
  /** In one statement, for acts on many nodes. */
  recordActivities: RecordActivities;
  /** The ways to a node in the order of the ladder; none for a node that is gone. */
  listWays(nodeId: NodeId): Promise<NodeWay[]>;
  /** Stores what the agent says about its machine; a change becomes part of the story. */
  touchFacts(nodeId: NodeId, hello: Hello): Promise<void>;
  /** Begins to notice changes of state; `stop` ends it. */
  start(): void;
  stop(): void;
}

const watchStatuses = (deps: NodesDeps): StatusWatch<NodeRow> => {
  const { database, clock, log, bus, links, readings } = deps;
  const silence = createSilence(clock);
  const startedMs = clock.monotonicMs();
  return createStatusWatch<NodeRow>({
    clock,
    log,
    listNodes: () => listNodeRows(database.db, null),
    judge: (node) => {
      const { id, services, facts, conflict } = node;
      const link = links.find(id);
      return nodeStatus({
        nowMs: clock.now().getTime(),
        upMs: clock.monotonicMs() - startedMs,
        ...silence.look(id, { lastSampleAt: readings.lastSampleAt(id), isLinked: link !== undefined }),
        everyMs: deps.everyMs(id),
        ways: climbLadder(deps.listWays(node)),
        isLinked: link !== undefined,
        // The agent's owner decides for the agent; over SSH the account does.
        mayReport: link?.via === 'ssh' || services.includes('metrics'),
        readings: readings.recentReadings(id),
        detail: readings.latestDetail(id),
        cpuCores: facts?.cpuCores,
        conflict,
      });
    },
    findBeginning: ({ id, createdAt }, state) => {
      if (state === 'offline' || state === 'unknown') return readings.lastSampleAt(id) ?? createdAt;
      return links.find(id)?.linkedAt;
    },
    onChange: (nodeId) => bus.publish('node.changed', { nodeId }),
    onGone: silence.forget,
  });
};

export const createNodes = (deps: NodesDeps): Nodes => {
  const { clock, bus, links, readings, countContainers } = deps;
  const { db } = deps.database;
  const recordActivities = createRecordActivities({ db, clock, bus });
  const recordActivity: RecordActivity = (nodeId, entry) => recordActivities([{ nodeId, ...entry }]);

  const commands = createCommands({ ...deps, recordActivity });
  const changes = createChanges({ ...deps, recordActivities });
  const watch = watchStatuses(deps);
  let unsubscribe: (() => void)[] = [];

  const partsOf = (row: NodeRow) => ({
    row,
    status: watch.statusOf(row),
    reading: readings.latestReading(row.id),
    containerCount: countContainers(row.id),
    ways: climbLadder(deps.listWays(row)),
  });
  const getRow = async ({ userId }: Principal, nodeId: NodeId): Promise<NodeRow> => {
    const row = await findNodeRow(db, nodeId, userId);
    if (row === undefined) throw notFound('The node');
    return row;
  };

  return {
    list: async ({ userId }) => (await listNodeRows(db, userId)).map((row) => toSummary(partsOf(row))),
    listScoped: () => listNodeNames(db),
    find: async (_, nodeId) => {
      const name = await findNodeName(db, nodeId);
      return name === undefined ? undefined : { id: nodeId, name };
    },
    get: async (principal, nodeId) =>
      toDetail({
        ...partsOf(await getRow(principal, nodeId)),
        note: (await findNote(db, nodeId)) ?? '',
        detail: readings.latestDetail(nodeId),
        clockSkewMs: readings.clockSkewMs(nodeId),
        linkedAt: links.find(nodeId)?.linkedAt,
      }),

    create: changes.create,
    update: async (principal, update) => {
      await changes.update(update, principal.email);
      return toSummary(partsOf(await getRow(principal, update.nodeId)));
    },
    remove: async (principal, nodeId) => changes.remove(await getRow(principal, nodeId)),
    tagMany: ({ email }, change) => changes.tagMany(change, email),
    setFavourite: ({ userId }, nodeId, isFavourite) => saveFavourite(db, { userId, nodeId, isFavourite }),
    listTags: () => listTags(db),
    listInventory: (input) => listInventoryPage(db, input),
    exec: commands.exec,
    touchFacts: commands.touchFacts,
    sparks: async (_, nodeIds) => {
      const known = new Set((await listNodeNames(db)).map(({ id }) => id));
      return readings.sparks(nodeIds.filter((nodeId) => known.has(nodeId)));
    },
    listActivity: (input) => listActivityPage(db, input),
    listRecentActivity: (_, limit) => listRecentActivity(db, limit),
    listActivityById: (ids) => listActivityById(db, ids),
    recordActivity,
    recordActivities,
    listWays: async (nodeId) => {
      const row = await findNodeRow(db, nodeId, null);
      return row === undefined ? [] : climbLadder(deps.listWays(row));
    },

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
