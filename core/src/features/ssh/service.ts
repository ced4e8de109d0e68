/**
 * SSH access to nodes: where, as whom, with what, through which others; which host key is the right one; and the links that
 * come of it. A node without an agent is connected only while somebody looks, or always where that was asked for.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { HostKeyDecisionInput, PutSshInput, SshEndpoint, SshOptionsInput } from '@serverbox/contract/ssh';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Sealer } from '../../lib/crypto/sealing.ts';
import type { Database } from '../../lib/db/database.ts';
import { AppError } from '../../lib/errors.ts';
import type { LinkRegistry } from '../../lib/link/links.ts';
import type { Log } from '../../lib/log.ts';
import type { AuditTrail, Principal } from '../../middleware/ports.ts';
import { createAccess } from './access.ts';
import { createDialler } from './dialler.ts';
import { createEndpoints } from './endpoints.ts';
import type { ListScopedNodes, RecordActivity } from './ports.ts';
import { createPresence } from './presence.ts';
import { createTrust } from './trust.ts';
import { sshWay } from './way.ts';

export interface SshDeps {
  database: Database;
  sealer: Sealer;
  audit: AuditTrail;
  bus: Bus;
  links: LinkRegistry;
  listScoped: ListScopedNodes;
  recordActivity: RecordActivity;
  clock: Clock;
  log: Log;
}

export type PutSsh = Omit<z.infer<typeof PutSshInput>, 'nodeId'>;
export type Decision = Omit<z.infer<typeof HostKeyDecisionInput>, 'nodeId'>;
type Options = Omit<z.infer<typeof SshOptionsInput>, 'nodeId'>;

export interface Ssh {
  /** @throws AppError `not_found` for a node without SSH access */
  get(nodeId: NodeId): Promise<SshEndpoint>;
  /** @throws AppError `not_found` when a hop is outside the caller's scope */
  checkHops(principal: Principal, hops: readonly NodeId[]): Promise<void>;
  /** Sets or replaces the access; connects nowhere. @throws AppError `bad_request` for a key or hops that cannot be used */
  put(nodeId: NodeId, access: PutSsh, actor: string): Promise<void>;
  /** Tries to connect once, at most 20 s for each hop. What came of it shows in the reply: a host key, or a problem. */
  probe(nodeId: NodeId): Promise<SshEndpoint>;
  setOptions(nodeId: NodeId, options: Options): Promise<SshEndpoint>;
  /** @throws AppError `conflict` when another key is offered by now than the one that was shown */
  decideHostKey(nodeId: NodeId, decision: Decision, actor: string): Promise<SshEndpoint>;
  /** Takes access and credential away. @throws AppError `conflict` while others are reached through it, `not_found` */
  remove(nodeId: NodeId, actor: string): Promise<void>;
  /** The same for a node that goes, whether it had SSH access or not. @throws AppError `conflict` */
  detach(nodeId: NodeId): Promise<void>;
  /** How SSH access stands; undefined for a node that has none. */
  wayOf(node: { id: NodeId }): ReturnType<typeof sshWay> | undefined;
  /** How the node is to be kept and measured; undefined for a node without SSH access. */
  optionsOf(node: { id: NodeId }): Pick<SshEndpoint, 'presence' | 'metricsIntervalMs'> | undefined;
  /** Somebody looks at a node, or at all of them, until the returned function is called. */
  demand(target: NodeId | 'fleet'): () => void;
  stop(): void;
}

/** Whoever follows nodes hears of changes on other cores, too; what was missed is read anew. */
const followBus = ({ bus, log }: SshDeps, refresh: (nodeId?: NodeId) => Promise<unknown>, reconcile: () => void) => {
  const quietly = (nodeId?: NodeId) =>
    refresh(nodeId).catch((error: unknown) => log.warn('SSH access was not read anew', { error }));
  const ends = [
    bus.subscribe('node.changed', ({ nodeId }) => void quietly(nodeId)),
    bus.subscribe('bus.resumed', () => void quietly()),
    bus.subscribe('node.linked', reconcile),
    bus.subscribe('node.unlinked', reconcile),
  ];
  return () => {
    for (const end of ends) end();
  };
};

/** Tells when SSH took over from an agent that was there before. */
const createTakeover = ({ links, recordActivity, log }: SshDeps) => {
  const hadAgent = new Set<NodeId>();
  return {
    note: () => {
      for (const { nodeId, link } of links.list()) if (link.via === 'agent') hadAgent.add(nodeId);
    },
    tell: (nodeId: NodeId) => {
      if (links.findVia(nodeId, 'agent') !== undefined || !hadAgent.delete(nodeId)) return;
      const text = 'Reached by SSH now: the agent is not connected';
      recordActivity(nodeId, { kind: 'node.linked', subject: null, actor: null, text }).catch((error: unknown) =>
        log.warn('activity was not recorded', { nodeId, error }),
      );
    },
  };
};

/** Opens the feature: reads all access, and offers the registry to dial. Begins to connect what is to be there always. */
export const openSsh = async (deps: SshDeps): Promise<Ssh> => {
  const { database, links, log } = deps;
  const { db } = database;
  const endpoints = createEndpoints(db, (nodeId) => {
    dialler.forgetProblem(nodeId);
    dialler.drainStale();
    presence.restart(nodeId);
  });
  const trust = createTrust({ ...deps, db, endpoints });
  const takeover = createTakeover(deps);
  const dialler = createDialler({
    ...deps,
    ...{ db, endpoints, trust },
    onOpened: (nodeId, pool) => {
      links.add(nodeId, pool);
      takeover.tell(nodeId);
    },
  });
  const presence = createPresence({
    log,
    listEndpoints: endpoints.list,
    hasAgent: (nodeId) => links.findVia(nodeId, 'agent') !== undefined,
    reach: dialler.reach,
  });
  const stopFollowing = followBus(
    deps,
    (nodeId) => (nodeId === undefined ? endpoints.refreshAll() : endpoints.refresh(nodeId)),
    () => {
      takeover.note();
      presence.reconcile();
    },
  );
  await endpoints.refreshAll();
  links.dialBy((nodeId) => (endpoints.find(nodeId) === undefined ? undefined : dialler.reach(nodeId)));

  return {
    ...createAccess({ ...deps, db, endpoints, dialler }),
    wayOf: ({ id }) => {
      const row = endpoints.find(id);
      return row && sshWay(row, links.findVia(id, 'ssh'), dialler.problemOf(id));
    },
    optionsOf: ({ id }) => endpoints.find(id),
    demand: presence.demand,
    stop: () => {
      stopFollowing();
      presence.stop();
      dialler.endAll(new AppError('node_unreachable', 'Server Box is being stopped.'));
    },
  };
};
