/** Containers of the fleet: seen through snapshots, acted on through the engine of their node. */
import type { ContainerDetail, ContainerList, Env, RemovalPlan } from '@serverbox/contract/containers';
import { ACTION_STATES, actionRefusal } from '@serverbox/contract/containers';
import type { NodeId } from '@serverbox/contract/ids';
import { ContainerId } from '@serverbox/contract/ids';
import type { Activity } from '@serverbox/contract/nodes';
import type { Observed } from '@serverbox/contract/observed';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { DockerWrites } from '../../lib/docker/client.ts';
import { parseEnv } from '../../lib/docker/masking.ts';
import type { EngineEvent } from '../../lib/docker/replies.ts';
import { parseState } from '../../lib/docker/rows.ts';
import { AppError, notFound, unreachableCase } from '../../lib/errors.ts';
import type { NodeLinks } from '../../lib/link/link.ts';
import type { Log } from '../../lib/log.ts';
import type { Principal, ScopedNode } from '../../middleware/ports.ts';
import type { Acts } from './acts.ts';
import { createActs } from './acts.ts';
import type { Engines } from './engines.ts';
import { createEngines } from './engines.ts';
import type { Pushed } from './ports.ts';
import type { LatestUsage } from './present.ts';
import { currentUsage, presentDetail, presentRemovalPlan } from './present.ts';
import type { Snapshots } from './reconcile.ts';
import { createSnapshots } from './reconcile.ts';
import type { ContainerCounts } from './sight.ts';
import { createSight } from './sight.ts';
import { createStory } from './story.ts';
import { createTelling } from './telling.ts';

/** What a person asks of one container. */
export type ContainerAct =
  | { action: 'start' | 'stop' | 'restart' | 'pause' | 'unpause' }
  | { action: 'kill'; signal: string }
  | { action: 'remove'; force: boolean; volumes: boolean };

export interface Containers {
  /** Of one node or of all that the caller sees. Nodes that cannot be asked are named in `problems`, their last rows stay. */
  list(principal: Principal, nodeId: NodeId | undefined): Promise<ContainerList>;
  /** @throws AppError `not_found` for a container of another node */
  get(node: ScopedNode, containerId: ContainerId): Promise<Observed<ContainerDetail>>;
  /**
   * Acts and returns when the engine has done it. Runs to its end whether or not the caller waits.
   * @throws AppError `conflict` when its state does not allow it | `refused_by_policy` | `docker_error` | `node_unreachable` | …
   */
  act(principal: Principal, target: { node: ScopedNode; containerId: ContainerId }, act: ContainerAct): Promise<void>;
  removalPlan(node: ScopedNode, containerId: ContainerId): Promise<z.infer<typeof RemovalPlan>>;
  /** The environment in clear: for callers who may see it, and audited. */
  reveal(node: ScopedNode, containerId: ContainerId): Promise<z.infer<typeof Env>>;
  /** Null: Docker is not known on this node. */
  countOf(nodeId: NodeId): { running: number; total: number } | null;
  /** Over these nodes, as far as they are known. */
  counts(nodeIds: readonly NodeId[]): ContainerCounts;
  readonly engines: Engines;
  start(): void;
  stop(): void;
}

export interface ContainersDeps {
  links: NodeLinks;
  bus: Pick<Bus, 'publish' | 'subscribe'>;
  clock: Clock;
  log: Log;
  /** Nodes within the caller's scope. */
  listNodes(principal: Principal): Promise<readonly ScopedNode[]>;
  latestUsage(nodeId: NodeId): LatestUsage | undefined;
  pushed: Pushed;
  recordActivity(nodeId: NodeId, activity: Pick<Activity, 'kind' | 'subject' | 'actor' | 'text'>): Promise<void>;
}

const perform = (writes: DockerWrites, id: ContainerId, act: ContainerAct): Promise<void> => {
  switch (act.action) {
    case 'start':
    case 'stop':
    case 'restart':
    case 'pause':
    case 'unpause':
      return writes[act.action](id);
    case 'kill':
      return writes.kill(id, act.signal);
    case 'remove':
      return writes.remove(id, act);
    default:
      return unreachableCase(act);
  }
};

const refuseByState = (act: ContainerAct, status: string): void => {
  const state = parseState(status);
  const refusal = actionRefusal(act.action, state);
  if (refusal !== undefined) throw new AppError('conflict', refusal);
  const isUp = ACTION_STATES.kill.includes(state);
  if (act.action === 'remove' && isUp && !act.force) {
    throw new AppError('conflict', `Cannot remove a container that is ${state}; stop it first or remove it by force.`);
  }
};

export const createContainers = (deps: ContainersDeps): Containers => {
  const { clock, log } = deps;
  const acts: Acts = createActs(clock);
  const engines = createEngines(deps.links, log, (nodeId) => deps.pushed.view(nodeId) !== undefined);
  const story = createStory();
  const telling = createTelling(deps);

  const happened = (nodeId: NodeId, event: EngineEvent): void => {
    const containerId = ContainerId.parse(event.Actor.ID);
    const cause = acts.claim({ nodeId, containerId }, event.Action);
    const told = story.tell(event, cause !== undefined);
    if (told !== undefined) telling.tell(nodeId, { ...told, actor: cause?.actor ?? null });
  };
  const snapshots: Snapshots = createSnapshots({ ...deps, engines, happened });

  const inspect = (node: ScopedNode, containerId: ContainerId) => engines.get(node.id).reads.inspect(containerId);

  const sight = createSight(deps, snapshots);

  return {
    engines,
    start: () => snapshots.start(),
    stop: () => snapshots.stop(),

    list: async (principal, nodeId) => {
      const visible = await deps.listNodes(principal);
      const nodes = nodeId === undefined ? visible : visible.filter(({ id }) => id === nodeId);
      if (nodeId !== undefined && nodes.length === 0) throw notFound('The node');
      return sight.look(nodes);
    },

    get: async (node, containerId) => {
      if (sight.isReported(node.id)) return sight.getReported(node, containerId);
      const found = await inspect(node, containerId);
      const now = clock.now();
      const usage = currentUsage(deps.latestUsage(node.id), now);
      const value = presentDetail(found, { node, usage, now });
      return { value, observedAt: now.toISOString(), source: 'docker' };
    },

    act: async (principal, { node, containerId }, act) => {
      const { reads, writes } = engines.getOperable(node.id);
      const found = await reads.inspect(containerId);
      refuseByState(act, found.State.Status);
      const id = ContainerId.parse(found.Id);
      const takeBack = acts.remember({ nodeId: node.id, containerId: id }, act.action, principal.email);
      try {
        await perform(writes, id, act);
      } catch (error) {
        takeBack();
        throw error;
      }
    },

    removalPlan: async (node, containerId) => presentRemovalPlan(await inspect(node, containerId)),
    reveal: async (node, containerId) => ({ env: parseEnv((await inspect(node, containerId)).Config.Env) }),

    countOf: sight.countOf,
    counts: sight.counts,
  };
};
