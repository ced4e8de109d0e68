/** For tests: SSH access on a real database, without HTTP in front. Everything belongs to the test alone. */
import type { NodeId } from '@serverbox/contract/ids';
import type { SshAuth } from '@serverbox/contract/ssh';
import { createMemoryBus } from '../../lib/bus/memory-bus.ts';
import { systemClock } from '../../lib/clock.ts';
import { createSealer } from '../../lib/crypto/sealing.ts';
import { withTestDatabase } from '../../lib/db/testing.ts';
import { newId } from '../../lib/ids.ts';
import { collectOutput } from '../../lib/link/collect-output.ts';
import { createLinks } from '../../lib/link/links.ts';
import { createLog, Secret } from '../../lib/log.ts';
import type { AuditIntent, AuditTrail } from '../../middleware/ports.ts';
import { nodes } from '../../schema/nodes.ts';
import type { ActivityEntry } from './ports.ts';
import { openSsh } from './service.ts';

export const ACTOR = 'admin@example.org';

export interface LabHost {
  port: number;
  username: string;
  privateKey: string;
}

export const openInstallation = async () => {
  const { database, close } = await withTestDatabase();
  const logged: string[] = [];
  const audited: AuditIntent[] = [];
  const activity: ({ nodeId: NodeId } & ActivityEntry)[] = [];
  const changed: NodeId[] = [];
  const log = createLog('debug', { write: (line: string) => logged.push(line) });
  const bus = createMemoryBus(log);
  bus.subscribe('node.changed', ({ nodeId }) => void changed.push(nodeId));
  const audit: AuditTrail = {
    intend: async (intent) => {
      audited.push(intent);
      return newId();
    },
    conclude: async () => undefined,
  };
  const links = createLinks({ bus, clock: systemClock, log });
  const ssh = await openSsh({
    ...{ database, audit, bus, links, log },
    clock: systemClock,
    sealer: createSealer(new Secret(Buffer.alloc(32, 7))),
    listScoped: async () =>
      (await database.db.select().from(nodes)).map(({ id, name }) => ({ id: id as NodeId, name })),
    recordActivity: async (nodeId, entry) => void activity.push({ nodeId, ...entry }),
  });

  const addNode = async (name: string): Promise<NodeId> => {
    const id = newId<NodeId>();
    await database.db.insert(nodes).values({ id, name });
    return id;
  };
  /** Sets the access and tries it. */
  const connect = async (
    nodeId: NodeId,
    host: LabHost,
    more: { jump?: NodeId[]; auth?: SshAuth; port?: number } = {},
  ) => {
    const auth: SshAuth = more.auth ?? { kind: 'key', privateKey: host.privateKey };
    const access = { host: '127.0.0.1', port: more.port ?? host.port, sshUser: host.username, jump: more.jump ?? [] };
    await ssh.put(nodeId, { ...access, auth }, ACTOR);
    return ssh.probe(nodeId);
  };
  const accept = async (nodeId: NodeId) => {
    const { hostKey } = await ssh.get(nodeId);
    return ssh.decideHostKey(nodeId, { fingerprint: hostKey.offered?.fingerprint ?? '', decision: 'accept' }, ACTOR);
  };
  const run = async (nodeId: NodeId, ...argv: [string, ...string[]]): Promise<string> => {
    const link = await links.reach(nodeId);
    return (await collectOutput(await link.exec(argv, { timeoutMs: 15_000 }), { maxBytes: 4096 })).stdout.trim();
  };
  return {
    ...{ ssh, links, bus, database, logged, audited, activity, changed, addNode, connect, accept, run },
    /** A node that is reached by this server, its host key accepted. */
    addHost: async (name: string, host: LabHost, more: { jump?: NodeId[] } = {}): Promise<NodeId> => {
      const nodeId = await addNode(name);
      await connect(nodeId, host, more);
      await accept(nodeId);
      return nodeId;
    },
    [Symbol.asyncDispose]: async () => {
      ssh.stop();
      await bus.close();
      await close();
    },
  };
};
