/** Push: machines that only report. A script there sends a snapshot of the containers; nothing is ever asked of them. */
import type { NodeId } from '@serverbox/contract/ids';
import type { PushSetup } from '@serverbox/contract/onboarding';
import type {
  PushContainerTarget,
  PushedContainer,
  PushedContainers,
  PushHosts,
  PushReport,
} from '@serverbox/contract/push';
import type { NodeWay } from '@serverbox/contract/ways';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import type { OpenLimit } from '../../lib/limits.ts';
import type { Log, Secret } from '../../lib/log.ts';
import type { NodeCaller } from '../../middleware/node-routes.ts';
import { pushSetup } from './commands.ts';
import { hostIdOf } from './host-id.ts';
import type { Host, Hosts } from './hosts.ts';
import { createHosts } from './hosts.ts';
import type { PushedDetail, PushedRow } from './present.ts';
import { maskPushed, toDetail } from './present.ts';
import * as queries from './queries.ts';
import { pushWay } from './way.ts';

export interface PushDeps {
  database: Database;
  bus: Bus;
  clock: Clock;
  log: Log;
  openLimit: OpenLimit;
  /** @throws AppError `conflict` when another node has this name */
  createNode(name: string): Promise<NodeId>;
  tokens: { mint(nodeId: NodeId): Promise<Secret>; revoke(nodeId: NodeId): Promise<number> };
  noteForeignName(caller: NodeCaller, claimed: string, ip: string): Promise<void>;
}

/** The newest report of a node as others show it. */
export interface PushedView {
  /** Undefined: nothing was reported yet, which is not the same as none. */
  rows: readonly PushedRow[] | undefined;
  observedAt: Date;
  isStale: boolean;
}

export interface Push {
  /** Makes a node that reports, with what to paste on the machine. @throws AppError `conflict` */
  createHost(name: string, baseUrl: string): Promise<{ nodeId: NodeId; setup: PushSetup }>;
  /** A new token for a node, which from then on has this way, too; the older one holds for ten more minutes. */
  issueToken(node: { id: NodeId; name: string }, baseUrl: string): Promise<PushSetup>;
  /** Ends every token of the node. @throws AppError `not_found` */
  revokeTokens(nodeId: NodeId): Promise<void>;
  /**
   * Stores the newest report. One that is not newer than the stored one changes nothing, so that a captured report cannot
   * make a dead machine look alive. @throws AppError `forbidden` | `conflict` | `bad_request` | `rate_limited`
   */
  report(caller: NodeCaller, report: PushReport, ip: string): Promise<void>;
  listHosts(): z.infer<typeof PushHosts>;
  /** @throws AppError `not_found` */
  listContainers(hostId: string): Promise<z.infer<typeof PushedContainers>>;
  /** @throws AppError `not_found` */
  getContainer(target: z.infer<typeof PushContainerTarget>): Promise<PushedContainer>;
  /** Undefined for a node without a push script. */
  view(nodeId: NodeId): PushedView | undefined;
  findDetail(nodeId: NodeId, containerId: string): Promise<{ value: PushedDetail; observedAt: Date } | undefined>;
  wayOf(node: { id: NodeId }): Omit<NodeWay, 'isInUse'> | undefined;
  forget(nodeId: NodeId): void;
  start(): Promise<void>;
  stop(): void;
}

/** A machine whose clock is ahead would lock itself out once the clock is put right. */
const MAX_AHEAD_MS = 5 * 60_000;
const REPORTS_PER_MINUTE = 30;

/** What people ask, answered from memory where that is enough. */
const createReads = (db: Db, hosts: Hosts, clock: Clock) => {
  const getReported = async (hostId: string) => {
    const host = hosts.findByHostId(hostId);
    const row = host && (await queries.findHost(db, host.nodeId));
    if (host === undefined || row === undefined || row.report === null || row.receivedAt === null)
      throw notFound('A report of this host');
    return { host, report: row.report, receivedAt: row.receivedAt };
  };
  const reads: Pick<Push, 'listHosts' | 'listContainers' | 'getContainer' | 'view' | 'findDetail' | 'wayOf'> = {
    listHosts: () => ({
      items: hosts.list().flatMap((host) => presentHost(host, hosts.isStale(host))),
      nextCursor: null,
    }),
    listContainers: async (hostId) => {
      const { host, report, receivedAt } = await getReported(hostId);
      const stale = hosts.isStale(host);
      return { items: report.containers, receivedAt: receivedAt.toISOString(), stale, nextCursor: null };
    },
    getContainer: async ({ hostId, containerId }) => {
      const { report } = await getReported(hostId);
      const found = report.containers.find(({ id }) => id === containerId);
      if (found === undefined) throw notFound('The container');
      return found;
    },

    view: (nodeId) => {
      const host = hosts.find(nodeId);
      if (host === undefined) return undefined;
      const { report } = host;
      return { rows: report?.rows, observedAt: report?.receivedAt ?? clock.now(), isStale: hosts.isStale(host) };
    },
    findDetail: async (nodeId, containerId) => {
      const row = await queries.findHost(db, nodeId);
      const found = row?.report?.containers.find(({ id }) => id === containerId);
      if (found === undefined || !row?.receivedAt) return undefined;
      return { value: toDetail(found), observedAt: row.receivedAt };
    },
    wayOf: ({ id }) => {
      const host = hosts.find(id);
      return host && pushWay(host, hosts.isStale(host));
    },
  };
  return reads;
};

export const createPush = (deps: PushDeps): Push => {
  const { database, bus, clock, tokens } = deps;
  const { db } = database;
  const hosts = createHosts({ ...deps, db });
  const pace = deps.openLimit({ name: 'push-report', points: REPORTS_PER_MINUTE, windowSeconds: 60 });

  const issueToken: Push['issueToken'] = async ({ id, name }, baseUrl) => {
    const hostId = await queries.ensureHost(db, id, hostIdOf(name, id));
    const token = await tokens.mint(id);
    if (hosts.find(id) === undefined) hosts.set({ nodeId: id, hostId, report: null, receivedAt: null });
    bus.publish('push.reported', { nodeId: id });
    bus.publish('node.changed', { nodeId: id });
    return pushSetup({ baseUrl, hostId, token });
  };

  const checkReport = async (caller: NodeCaller, report: PushReport, ip: string): Promise<void> => {
    await pace.take(caller.node.id);
    const row = await queries.findHost(db, caller.node.id);
    if (row?.hostId !== report.hostId) {
      await deps.noteForeignName(caller, report.hostId, ip);
      throw new AppError('forbidden', 'The token belongs to another host than the one that the report names.');
    }
    if (new Date(report.reportedAt).getTime() - clock.now().getTime() > MAX_AHEAD_MS) {
      throw new AppError('bad_request', 'reportedAt: the clock of this machine is ahead; put it right.');
    }
  };

  return {
    createHost: async (name, baseUrl) => {
      const nodeId = await deps.createNode(name);
      return { nodeId, setup: await issueToken({ id: nodeId, name }, baseUrl) };
    },
    issueToken,
    revokeTokens: async (nodeId) => {
      if ((await tokens.revoke(nodeId)) === 0) throw notFound('A token of the push script');
      bus.publish('node.changed', { nodeId });
    },

    report: async (caller, report, ip) => {
      await checkReport(caller, report, ip);
      const { id: nodeId } = caller.node;
      const before = hosts.find(nodeId);
      const masked = { ...report, containers: report.containers.map(maskPushed) };
      const receivedAt = clock.now();
      if (!(await queries.storeReport(db, nodeId, masked, receivedAt))) {
        throw new AppError('conflict', 'A report of this time or a later one is stored already.');
      }
      const wasDown = before === undefined || hosts.isStale(before);
      hosts.set({ nodeId, hostId: report.hostId, report: masked, receivedAt });
      bus.publish('push.reported', { nodeId });
      bus.publish('containers.changed', { nodeId, ids: [] });
      if (wasDown) bus.publish('node.changed', { nodeId });
    },

    ...createReads(db, hosts, clock),
    forget: hosts.remove,
    start: hosts.start,
    stop: hosts.stop,
  };
};

/** Nothing for a host that has not reported yet. */
const presentHost = ({ hostId, report }: Host, stale: boolean) =>
  report === undefined
    ? []
    : [
        {
          hostId,
          hostname: report.hostname,
          receivedAt: report.receivedAt.toISOString(),
          containerCount: report.rows.length,
          stale,
        },
      ];
