/** What people do to the SSH access of a node. */
import type { NodeId } from '@serverbox/contract/ids';
import type { SshEndpoint } from '@serverbox/contract/ssh';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Sealer } from '../../lib/crypto/sealing.ts';
import type { Database } from '../../lib/db/database.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import { parseKeyLine } from '../../lib/link/ssh-keys.ts';
import { sealCredential, takeCredential } from './credentials.ts';
import type { Dialler } from './dialler.ts';
import type { Endpoints } from './endpoints.ts';
import type { ListScopedNodes, RecordActivity } from './ports.ts';
import { presentEndpoint } from './present.ts';
import type { EndpointRow } from './queries.ts';
import * as queries from './queries.ts';
import { routeTo } from './route.ts';
import type { Decision, PutSsh, Ssh } from './service.ts';

export interface AccessDeps {
  database: Database;
  db: Db;
  sealer: Sealer;
  bus: Pick<Bus, 'publish'>;
  endpoints: Endpoints;
  dialler: Pick<Dialler, 'retry' | 'problemOf'>;
  listScoped: ListScopedNodes;
  recordActivity: RecordActivity;
}

type Access = Pick<Ssh, 'get' | 'checkHops' | 'put' | 'probe' | 'setOptions' | 'decideHostKey' | 'remove' | 'detach'>;

const NO_ACCESS = 'SSH access of the node';
const OTHER_KEY = 'Another key is offered by now, or none: look at the fingerprint again.';

/** Exactly the key that was shown: another one that is offered by now was not meant. @throws AppError `conflict` | `not_found` */
const applyDecision = async (tx: Db, nodeId: NodeId, { fingerprint, decision }: Decision): Promise<void> => {
  const row = await queries.lockEndpoint(tx, nodeId);
  if (row === undefined) throw notFound(NO_ACCESS);
  const offered = row.offeredHostKey;
  if (offered === null || parseKeyLine(offered).fingerprint !== fingerprint) throw new AppError('conflict', OTHER_KEY);
  const cleared = { offeredHostKey: null, offeredAt: null };
  const accepted = { ...cleared, hostKey: offered, rejectedHostKey: null, learntHostKeys: [] };
  await queries.setHostKeys(tx, row, decision === 'accept' ? accepted : { ...cleared, rejectedHostKey: offered });
};

/** What is done to the rows, and told to whoever has them in memory. */
const createWrites = ({ database, db, sealer, bus, endpoints }: AccessDeps) => {
  const announce = async (nodeId: NodeId): Promise<void> => {
    await endpoints.refresh(nodeId);
    bus.publish('node.changed', { nodeId });
  };
  return {
    announce,
    save: async (nodeId: NodeId, access: Omit<PutSsh, 'auth'>, auth: PutSsh['auth']): Promise<void> => {
      const taken = auth && takeCredential(auth);
      await database.transaction(async (tx) => {
        const known = taken && { authKind: taken.authKind, authPublicKey: taken.authPublicKey };
        await queries.saveEndpoint(tx, { nodeId, ...access }, known);
        if (taken === undefined) return;
        await queries.saveSealedCredential(tx, nodeId, sealCredential(sealer, nodeId, taken.credential));
      });
      await announce(nodeId);
    },
    /** @throws AppError `conflict` while other nodes are reached through this one */
    forget: async (nodeId: NodeId): Promise<void> => {
      const dependants = await queries.listDependants(db, nodeId);
      if (dependants.length > 0) {
        throw new AppError('conflict', `Other nodes are reached through this one: ${dependants.join(', ')}.`);
      }
      await database.transaction(async (tx) => {
        await queries.deleteEndpoint(tx, nodeId);
        await queries.deleteCredential(tx, nodeId);
      });
      await announce(nodeId);
    },
  };
};

export const createAccess = (deps: AccessDeps): Access => {
  const { database, db, endpoints, dialler } = deps;
  const { announce, save, forget } = createWrites(deps);

  const getRow = async (nodeId: NodeId): Promise<EndpointRow> => {
    const row = await endpoints.refresh(nodeId);
    if (row === undefined) throw notFound(NO_ACCESS);
    return row;
  };
  const get = async (nodeId: NodeId): Promise<SshEndpoint> => {
    const row = await getRow(nodeId);
    return presentEndpoint(row, await queries.listNodeNames(db, row.jump), dialler.problemOf(nodeId));
  };
  const probe = async (nodeId: NodeId): Promise<SshEndpoint> => {
    // What came of it is in the endpoint: the problem, or the key that waits.
    await dialler.retry(nodeId).catch(() => undefined);
    return get(nodeId);
  };
  const tell = (nodeId: NodeId, actor: string, text: string) =>
    deps.recordActivity(nodeId, { kind: 'node.ssh_changed', subject: null, actor, text });
  return {
    get,
    probe,

    checkHops: async (principal, hops) => {
      if (hops.length === 0) return;
      const visible = new Set((await deps.listScoped(principal)).map(({ id }) => id));
      if (hops.some((hop) => !visible.has(hop))) throw notFound('A jump host');
    },

    put: async (nodeId, { auth, ...access }, actor) => {
      await endpoints.refreshAll();
      routeTo({ nodeId, jump: access.jump }, endpoints.find);
      if (auth === undefined && endpoints.find(nodeId) === undefined) {
        throw new AppError('bad_request', 'auth: is needed, because no credential is stored for this node');
      }
      await save(nodeId, access, auth);
      const { sshUser, host, port } = access;
      await tell(nodeId, actor, `SSH access was set to ${sshUser}@${host}, port ${port}`);
    },

    setOptions: async (nodeId, options) => {
      await getRow(nodeId);
      await queries.setOptions(db, nodeId, options);
      await announce(nodeId);
      return get(nodeId);
    },

    decideHostKey: async (nodeId, decision, actor) => {
      await database.transaction((tx) => applyDecision(tx, nodeId, decision));
      await announce(nodeId);
      const isAccepted = decision.decision === 'accept';
      const kind = isAccepted ? 'node.host_key_accepted' : 'node.ssh_changed';
      const text = `The host key ${decision.fingerprint} was ${isAccepted ? 'accepted' : 'rejected'}`;
      await deps.recordActivity(nodeId, { kind, subject: null, actor, text });
      return isAccepted ? probe(nodeId) : get(nodeId);
    },

    remove: async (nodeId, actor) => {
      await getRow(nodeId);
      await forget(nodeId);
      await tell(nodeId, actor, 'SSH access and its credential were removed');
    },
    detach: forget,
  };
};
