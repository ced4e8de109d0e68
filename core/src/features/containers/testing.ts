/** For tests: the containers feature on a real engine, reached through links that can be lost. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Activity } from '@serverbox/contract/nodes';
import { ALL_PERMISSIONS } from '@serverbox/contract/permissions';
import type { AgentService } from '@serverbox/contract/policy';
import type { Bus } from '../../lib/bus/bus.ts';
import { createMemoryBus } from '../../lib/bus/memory-bus.ts';
import { systemClock } from '../../lib/clock.ts';
import { openTestDocker } from '../../lib/docker/testing.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import type { NodeLink, NodeLinks } from '../../lib/link/link.ts';
import { createLog } from '../../lib/log.ts';
import type { Principal, ScopedNode } from '../../middleware/ports.ts';
import type { Pushed } from './ports.ts';
import { createContainers } from './service.ts';

/** Links of the test: each leads to the engine's socket, and nowhere else. */
export interface TestLinks extends NodeLinks {
  link(nodeId: NodeId, services?: readonly AgentService[]): void;
  lose(nodeId: NodeId): void;
}

const createTestLinks = (dialUnix: NodeLink['dialUnix'], bus: Bus): TestLinks => {
  const links = new Map<string, { link: NodeLink; lost: AbortController }>();
  const unsupported = () => Promise.reject(new Error('this link leads to Docker only'));
  const find = (nodeId: string) => links.get(nodeId)?.link;
  const get = (nodeId: string) => {
    const link = find(nodeId);
    if (link === undefined) throw new AppError('node_unreachable', 'The node has no link.');
    return link;
  };
  return {
    find,
    get,
    reach: async (nodeId) => get(nodeId),
    link: (nodeId, services = ['docker:write']) => {
      const lost = new AbortController();
      const link: NodeLink = {
        via: 'agent',
        exec: unsupported,
        shell: unsupported,
        sftp: unsupported,
        subsystem: unsupported,
        dialUnix,
        dialTcp: unsupported,
        services,
        closed: lost.signal,
        linkedAt: new Date(),
        close: () => lost.abort(),
      };
      links.set(nodeId, { link, lost });
      bus.publish('node.linked', { nodeId });
    },
    lose: (nodeId) => {
      const { lost } = links.get(nodeId) ?? {};
      links.delete(nodeId);
      lost?.abort();
      bus.publish('node.unlinked', { nodeId });
    },
  };
};

const aPrincipal = (): Principal => ({
  userId: newId(),
  email: 'ops@example.org',
  role: 'admin',
  permissions: new Set(ALL_PERMISSIONS),
  sessionId: newId(),
});

type NewActivity = Pick<Activity, 'kind' | 'subject' | 'actor' | 'text'>;

/** `nodes`: how many nodes the caller sees; the first one is linked. All lead to the same engine. */
export const openContainers = async (name: string, nodeCount = 1) => {
  const docker = await openTestDocker(name);
  const logged: string[] = [];
  const log = createLog('debug', { write: (line: string) => void logged.push(line) });
  const bus = createMemoryBus(log);
  const nodes: ScopedNode[] = Array.from({ length: nodeCount }, (_, n) => ({ id: newId(), name: `node-${n + 1}` }));
  const [node] = nodes;
  if (node === undefined) throw new Error('a test needs a node');
  const links = createTestLinks(() => docker.connection.connect(), bus);
  const activities: NewActivity[] = [];
  const usage = new Map<string, readonly (number | null)[]>();
  const reported = new Map<NodeId, NonNullable<ReturnType<Pushed['view']>>>();
  const containers = createContainers({
    links,
    bus,
    clock: systemClock,
    log,
    listNodes: async () => nodes,
    latestUsage: () => ({ rows: usage, observedAt: new Date() }),
    pushed: { view: (nodeId) => reported.get(nodeId), findDetail: async () => undefined },
    recordActivity: async (_nodeId, activity) => void activities.push(activity),
  });
  containers.start();
  links.link(node.id);
  return {
    docker,
    containers,
    links,
    bus,
    node,
    nodes,
    activities,
    usage,
    reported,
    logged,
    principal: aPrincipal(),
    close: async () => {
      containers.stop();
      for (const { id } of nodes) links.lose(id);
      await bus.close();
      await docker.close();
    },
  };
};
