/** For tests: nodes in a real database, with measurements and links that the test sets. */
import type { NodeId, SessionId, UserId } from '@serverbox/contract/ids';
import { ALL_PERMISSIONS } from '@serverbox/contract/permissions';
import { createMemoryBus } from '../../lib/bus/memory-bus.ts';
import { fakeClock } from '../../lib/clock.ts';
import { withTestDatabase } from '../../lib/db/testing.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import type { NodeLink, NodeLinks } from '../../lib/link/link.ts';
import { generatePrivateKey, openClientKey } from '../../lib/link/ssh-keys.ts';
import { silentLog } from '../../lib/log.ts';
import type { Principal } from '../../middleware/ports.ts';
import { nodes as nodesTable } from '../../schema/nodes.ts';
import { users } from '../../schema/users.ts';
import type { NodeReading, Readings } from './ports.ts';
import { createNodes } from './service.ts';

export const NOON = new Date('2026-03-01T12:00:00Z');

/** Nobody in particular: has no account, and so no favourites. */
export const principal: Principal = {
  userId: newId<UserId>(),
  email: 'a@example.org',
  role: 'admin',
  permissions: new Set(ALL_PERMISSIONS),
  sessionId: newId<SessionId>(),
};

/** What the ingest would know, set by the test. */
const createReadings = () => {
  const known = new Map<string, NodeReading>();
  const readings: Readings = {
    latestReading: (nodeId) => known.get(nodeId),
    recentReadings: (nodeId) => [known.get(nodeId)].filter((one) => one !== undefined),
    latestDetail: () => undefined,
    lastSampleAt: (nodeId) => known.get(nodeId)?.observedAt,
    clockSkewMs: () => 250,
    sparks: async (nodeIds) => nodeIds.map((nodeId) => ({ nodeId, cpu: [], memory: [] })),
  };
  return { known, readings };
};

const createLinks = (linked: ReadonlyMap<string, NodeLink>): NodeLinks => {
  const get = (nodeId: string) => {
    const link = linked.get(nodeId);
    if (link === undefined) throw new AppError('node_unreachable', 'The node has no connection.');
    return link;
  };
  return { find: (nodeId) => linked.get(nodeId), get, reach: async (nodeId) => get(nodeId) };
};

export const openNodes = async ({ keepsLocalNode = false } = {}) => {
  const context = await withTestDatabase();
  const clock = fakeClock(NOON);
  const bus = createMemoryBus(silentLog);
  const { known, readings } = createReadings();
  const linked = new Map<string, NodeLink>();
  const detached: NodeId[] = [];
  const { database } = context;
  const nodes = createNodes({
    database,
    clock,
    log: silentLog,
    bus,
    links: createLinks(linked),
    readings,
    countContainers: () => null,
    listWays: () => [],
    everyMs: () => undefined,
    detach: async (nodeId) => void detached.push(nodeId),
    keepsLocalNode,
  });
  const addNode = async (name: string, more: Partial<typeof nodesTable.$inferInsert> = {}): Promise<NodeId> => {
    const id = newId<NodeId>();
    const hostPublicKey = openClientKey(generatePrivateKey()).publicKey.line;
    await database.db.insert(nodesTable).values({ id, name, hostPublicKey, services: ['metrics', 'exec'], ...more });
    return id;
  };
  const addUser = async (email: string): Promise<Principal> => {
    const userId = newId<UserId>();
    const account = { passwordHash: '', role: 'admin', preferences: {} as never };
    await database.db.insert(users).values({ id: userId, email, ...account });
    return { ...principal, userId, email };
  };
  const close = async (): Promise<void> => {
    nodes.stop();
    await bus.close();
    await context.close();
  };
  return { nodes, clock, bus, known, linked, detached, database, addNode, addUser, [Symbol.asyncDispose]: close };
};
