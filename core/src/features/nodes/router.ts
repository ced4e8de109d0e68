import * as contract from '@serverbox/contract/nodes';
import { Nothing } from '@serverbox/contract/nothing';
import { Sparks, SparksInput } from '@serverbox/contract/series';
import { z } from 'zod';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { Nodes } from './service.ts';

export const createNodesRouter = ({ read, act }: Procedures, nodes: Nodes) =>
  router({
    list: read({
      permission: 'nodes.read',
      scope: 'fleet',
      input: Nothing,
      output: z.object({ items: z.array(contract.NodeSummary), nextCursor: z.null() }),
      rest: { method: 'GET', path: '/api/nodes', summary: 'All nodes with their status' },
    }).query(async ({ ctx }) => ({ items: await nodes.list(ctx.principal), nextCursor: null })),
    get: read({
      permission: 'nodes.read',
      scope: 'node',
      input: contract.NodeTarget,
      output: contract.NodeDetail,
      rest: { method: 'GET', path: '/api/nodes/{nodeId}', summary: 'One node in detail' },
    }).query(({ input }) => nodes.get(input.nodeId)),
    rename: act({
      permission: 'nodes.manage',
      scope: 'node',
      audit: 'node.rename',
      input: contract.RenameNodeInput,
      output: contract.NodeSummary,
      rest: { method: 'PATCH', path: '/api/nodes/{nodeId}', summary: 'Give a node another name' },
    }).mutation(({ ctx, input }) => nodes.rename(input.nodeId, input.name, ctx.principal.email)),
    activity: read({
      permission: 'nodes.read',
      scope: 'node',
      input: contract.ActivityInput,
      output: contract.ActivityPage,
      rest: { method: 'GET', path: '/api/nodes/{nodeId}/activity', summary: 'What happened on a node, newest first' },
    }).query(({ input }) => nodes.listActivity(input)),
    sparks: read({
      permission: 'metrics.read',
      scope: 'fleet',
      input: SparksInput,
      output: Sparks,
      rest: { method: 'GET', path: '/api/nodes/sparks', summary: 'CPU and memory of the last hour, by the minute' },
    }).query(async ({ ctx, input }) => ({ items: await nodes.sparks(ctx.principal, input.ids) })),
    exec: act({
      permission: 'nodes.exec',
      scope: 'node',
      audit: 'node.exec',
      input: contract.ExecInput,
      output: contract.ExecResult,
      rest: { method: 'POST', path: '/api/nodes/{nodeId}/exec', summary: 'Run one program on a node, without a shell' },
    }).mutation(({ ctx, input }) => nodes.exec(input.nodeId, input, ctx.signal)),
  });
