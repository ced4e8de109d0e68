import {
  ContainerList,
  ContainerTarget,
  Env,
  KillInput,
  ObservedContainerDetail,
  RemovalPlan,
  RemoveInput,
} from '@serverbox/contract/containers';
import { NodeId } from '@serverbox/contract/ids';
import { NodeTarget } from '@serverbox/contract/nodes';
import { z } from 'zod';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { Containers } from './service.ts';

const ONE = '/api/nodes/{nodeId}/containers/{containerId}' as const;
const Done = z.strictObject({});

const readProcedures = ({ read }: Procedures, containers: Containers) => ({
  list: read({
    permission: 'containers.read',
    scope: 'fleet',
    input: z.strictObject({ nodeId: NodeId.optional() }),
    output: ContainerList,
    rest: { method: 'GET', path: '/api/containers', summary: 'Containers of all nodes, or of one' },
  }).query(({ ctx, input }) => containers.list(ctx.principal, input.nodeId)),

  listOfNode: read({
    permission: 'containers.read',
    scope: 'node',
    input: NodeTarget,
    output: ContainerList,
    rest: { method: 'GET', path: '/api/nodes/{nodeId}/containers', summary: 'Containers of a node' },
  }).query(({ ctx }) => containers.list(ctx.principal, ctx.node.id)),

  get: read({
    permission: 'containers.read',
    scope: 'node',
    input: ContainerTarget,
    output: ObservedContainerDetail,
    rest: { method: 'GET', path: ONE, summary: 'A container in detail, secrets masked' },
  }).query(({ ctx, input }) => containers.get(ctx.node, input.containerId)),

  removalPlan: read({
    permission: 'containers.read',
    scope: 'node',
    input: ContainerTarget,
    output: RemovalPlan,
    rest: { method: 'GET', path: `${ONE}/removal-plan`, summary: 'What removing a container would take along' },
  }).query(({ ctx, input }) => containers.removalPlan(ctx.node, input.containerId)),
});

const actProcedures = ({ act }: Procedures, containers: Containers) => {
  const plainAct = (action: 'start' | 'stop' | 'restart' | 'pause' | 'unpause') =>
    act({
      permission: 'containers.operate',
      scope: 'node',
      audit: `container.${action}`,
      input: ContainerTarget,
      output: Done,
      rest: { method: 'POST', path: `${ONE}/${action}`, summary: `${action} a container` },
    }).mutation(async ({ ctx, input }) => {
      await containers.act(ctx.principal, { node: ctx.node, containerId: input.containerId }, { action });
      return {};
    });

  return {
    start: plainAct('start'),
    stop: plainAct('stop'),
    restart: plainAct('restart'),
    pause: plainAct('pause'),
    unpause: plainAct('unpause'),

    kill: act({
      permission: 'containers.operate',
      scope: 'node',
      audit: 'container.kill',
      input: KillInput,
      output: Done,
      rest: { method: 'POST', path: `${ONE}/kill`, summary: 'Send a signal to a container' },
    }).mutation(async ({ ctx, input: { containerId, signal } }) => {
      await containers.act(ctx.principal, { node: ctx.node, containerId }, { action: 'kill', signal });
      return {};
    }),

    remove: act({
      permission: 'containers.remove',
      scope: 'node',
      audit: 'container.remove',
      input: RemoveInput,
      output: Done,
      rest: { method: 'POST', path: `${ONE}/remove`, summary: 'Remove a container' },
    }).mutation(async ({ ctx, input: { containerId, force, volumes } }) => {
      await containers.act(ctx.principal, { node: ctx.node, containerId }, { action: 'remove', force, volumes });
      return {};
    }),

    reveal: act({
      permission: 'containers.reveal',
      scope: 'node',
      audit: 'container.reveal',
      input: ContainerTarget,
      output: Env,
      rest: { method: 'POST', path: `${ONE}/reveal`, summary: "A container's environment in clear" },
    }).mutation(({ ctx, input }) => containers.reveal(ctx.node, input.containerId)),
  };
};

export const createContainersRouter = (procedures: Procedures, containers: Containers) =>
  router({ ...readProcedures(procedures, containers), ...actProcedures(procedures, containers) });
