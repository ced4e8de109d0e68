import * as contract from '@serverbox/contract/nodes';
import { Done, Nothing } from '@serverbox/contract/nothing';
import * as organise from '@serverbox/contract/organise';
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
    }).query(({ ctx, input }) => nodes.get(ctx.principal, input.nodeId)),
    update: act({
      permission: 'nodes.manage',
      scope: 'node',
      audit: 'node.update',
      // Of a note only that it changed: people write passwords into notes.
      auditDetails: ({ note }) => (note === undefined ? {} : { note: 'changed' }),
      input: contract.UpdateNodeInput,
      output: contract.NodeSummary,
      rest: { method: 'PATCH', path: '/api/nodes/{nodeId}', summary: 'Change the name, tags or note of a node' },
    }).mutation(({ ctx, input }) => nodes.update(ctx.principal, input)),
    remove: act({
      permission: 'nodes.manage',
      scope: 'node',
      audit: 'node.remove',
      input: contract.NodeTarget,
      output: Done,
      rest: { method: 'DELETE', path: '/api/nodes/{nodeId}', summary: 'Remove a node and all that is known of it' },
    }).mutation(async ({ ctx, input }) => {
      await nodes.remove(ctx.principal, input.nodeId);
      return {};
    }),
    setFavourite: act({
      permission: 'self.manage',
      scope: 'node',
      audit: 'node.favourite',
      auditDetails: ({ isFavourite }) => ({ isFavourite }),
      input: organise.FavouriteInput,
      output: Done,
      rest: { method: 'PUT', path: '/api/nodes/{nodeId}/favourite', summary: 'Make a node a favourite of the caller' },
    }).mutation(async ({ ctx, input }) => {
      await nodes.setFavourite(ctx.principal, input.nodeId, input.isFavourite);
      return {};
    }),
    tags: read({
      permission: 'nodes.read',
      scope: 'fleet',
      input: Nothing,
      output: organise.TagList,
      rest: { method: 'GET', path: '/api/nodes/tags', summary: 'Every tag in use, with the number of its nodes' },
    }).query(async ({ ctx }) => ({ items: await nodes.listTags(ctx.principal), nextCursor: null })),
    tagMany: act({
      permission: 'nodes.manage',
      scope: 'fleet',
      audit: 'node.tag_many',
      auditDetails: ({ nodeIds, add, remove }) => ({ nodeIds, nodeCount: nodeIds.length, add, remove }),
      auditResult: ({ items }) => ({
        done: items.filter(({ ok }) => ok).length,
        refused: items.filter(({ ok }) => !ok).length,
      }),
      input: organise.TagNodesInput,
      output: organise.BulkResult,
      rest: { method: 'POST', path: '/api/nodes/tags', summary: 'Add and remove tags on many nodes' },
    }).mutation(({ ctx, input }) => nodes.tagMany(ctx.principal, input)),
    inventory: read({
      permission: 'nodes.read',
      scope: 'node',
      input: organise.InventoryInput,
      output: organise.InventoryPage,
      rest: { method: 'GET', path: '/api/nodes/{nodeId}/inventory', summary: 'How a machine changed, newest first' },
    }).query(({ input }) => nodes.listInventory(input)),
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
