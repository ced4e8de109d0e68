/** The SSH access of all nodes, in memory: asked for with each list of nodes and each call. The database is the truth. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Db } from '../../lib/db/orm.ts';
import type { EndpointRow } from './queries.ts';
import { findEndpoint, listEndpoints } from './queries.ts';
import { routeTo } from './route.ts';

export interface Endpoints {
  find(nodeId: NodeId): EndpointRow | undefined;
  list(): EndpointRow[];
  /** The hops on the way to it. @throws AppError `bad_request` when they lead nowhere */
  route(row: EndpointRow): NodeId[];
  /** Reads one anew; tells `onChange` when it is another than before. */
  refresh(nodeId: NodeId): Promise<EndpointRow | undefined>;
  refreshAll(): Promise<void>;
}

const isSame = (left: EndpointRow | undefined, right: EndpointRow | undefined): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

/** @param onChange called with the node whose access is another one, is new or is gone */
export const createEndpoints = (db: Db, onChange: (nodeId: NodeId) => void): Endpoints => {
  const rows = new Map<NodeId, EndpointRow>();

  const put = (nodeId: NodeId, row: EndpointRow | undefined): void => {
    if (isSame(rows.get(nodeId), row)) return;
    if (row === undefined) rows.delete(nodeId);
    else rows.set(nodeId, row);
    onChange(nodeId);
  };
  const find = (nodeId: NodeId) => rows.get(nodeId);
  return {
    find,
    list: () => [...rows.values()],
    route: (row) => routeTo(row, find),
    refresh: async (nodeId) => {
      put(nodeId, await findEndpoint(db, nodeId));
      return rows.get(nodeId);
    },
    refreshAll: async () => {
      const found = new Map((await listEndpoints(db)).map((row) => [row.nodeId, row]));
      for (const nodeId of new Set([...rows.keys(), ...found.keys()])) put(nodeId, found.get(nodeId));
    },
  };
};
