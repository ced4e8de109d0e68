/**
 * The push hosts and the rows of their newest reports, in memory: lists ask for them all the time, and a report is read by
 * each core once. The database has the truth and the details.
 */
import type { NodeId } from '@serverbox/contract/ids';
import { PUSH_STALE_MS } from '@serverbox/contract/push';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Db } from '../../lib/db/orm.ts';
import type { Log } from '../../lib/log.ts';
import type { PushedRow } from './present.ts';
import { toRow } from './present.ts';
import type { HostRow } from './queries.ts';
import { findHost, listHosts } from './queries.ts';

export interface Host {
  nodeId: NodeId;
  hostId: string;
  /** Undefined until the first report. */
  report: { hostname: string; receivedAt: Date; rows: readonly PushedRow[] } | undefined;
}

export interface Hosts {
  find(nodeId: NodeId): Host | undefined;
  findByHostId(hostId: string): Host | undefined;
  list(): Host[];
  isStale(host: Host): boolean;
  set(row: HostRow): void;
  remove(nodeId: NodeId): void;
  /** Reads what other cores stored, now and from now on. */
  start(): Promise<void>;
  stop(): void;
}

export const createHosts = ({ db, bus, clock, log }: { db: Db; bus: Bus; clock: Clock; log: Log }): Hosts => {
  const hosts = new Map<NodeId, Host>();
  let unsubscribe: (() => void)[] = [];

  const set = ({ nodeId, hostId, report, receivedAt }: HostRow): void => {
    const known =
      report === null || receivedAt === null
        ? undefined
        : { hostname: report.hostname, receivedAt, rows: report.containers.map(toRow) };
    hosts.set(nodeId, { nodeId, hostId, report: known });
  };
  const readAll = async (): Promise<void> => {
    for await (const row of listHosts(db)) set(row);
  };
  const readOne = async (nodeId: NodeId): Promise<void> => {
    const row = await findHost(db, nodeId);
    if (row === undefined) hosts.delete(nodeId);
    else if (row.receivedAt?.getTime() !== hosts.get(nodeId)?.report?.receivedAt.getTime()) set(row);
  };
  const logged = (reading: Promise<void>) =>
    reading.catch((error: unknown) => log.warn('reports of push hosts were not read', { error }));

  return {
    find: (nodeId) => hosts.get(nodeId),
    findByHostId: (hostId) => [...hosts.values()].find((host) => host.hostId === hostId),
    list: () => [...hosts.values()],
    isStale: ({ report }) =>
      report === undefined || clock.now().getTime() - report.receivedAt.getTime() > PUSH_STALE_MS,
    set,
    remove: (nodeId) => void hosts.delete(nodeId),
    start: async () => {
      unsubscribe = [
        bus.subscribe('push.reported', ({ nodeId }) => void logged(readOne(nodeId))),
        bus.subscribe('bus.resumed', () => void logged(readAll())),
      ];
      await readAll();
    },
    stop: () => {
      for (const end of unsubscribe) end();
    },
  };
};
