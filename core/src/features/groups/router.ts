import { Done, Nothing } from '@serverbox/contract/nothing';
import * as contract from '@serverbox/contract/organise';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { Groups } from './service.ts';

export const createGroupsRouter = ({ read, act }: Procedures, groups: Groups) =>
  router({
    list: read({
      permission: 'nodes.read',
      scope: 'fleet',
      input: Nothing,
      output: contract.GroupList,
      rest: { method: 'GET', path: '/api/groups', summary: 'Groups of nodes: rules over tags' },
    }).query(async () => ({ items: await groups.list(), nextCursor: null })),
    create: act({
      permission: 'nodes.manage',
      scope: 'fleet',
      audit: 'group.create',
      auditDetails: ({ rule }) => ({ rule }),
      auditResult: ({ id }) => ({ groupId: id }),
      input: contract.CreateGroupInput,
      output: contract.Group,
      rest: { method: 'POST', path: '/api/groups', summary: 'Make a group' },
    }).mutation(({ input }) => groups.create(input)),
    update: act({
      permission: 'nodes.manage',
      scope: 'fleet',
      audit: 'group.update',
      auditDetails: ({ rule }) => ({ rule }),
      input: contract.UpdateGroupInput,
      output: contract.Group,
      rest: { method: 'PUT', path: '/api/groups/{groupId}', summary: 'Change the name and the rule of a group' },
    }).mutation(({ input: { groupId, ...group } }) => groups.update({ id: groupId, ...group })),
    remove: act({
      permission: 'nodes.manage',
      scope: 'fleet',
      audit: 'group.remove',
      input: contract.GroupTarget,
      output: Done,
      rest: { method: 'DELETE', path: '/api/groups/{groupId}', summary: 'Remove a group; its nodes stay' },
    }).mutation(async ({ input }) => {
      await groups.remove(input.groupId);
      return {};
    }),
  });
