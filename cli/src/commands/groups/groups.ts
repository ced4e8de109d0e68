/** Groups: rules over tags. */
import type { Group } from '@serverbox/contract/organise';
import type { Command } from 'commander';
import type { CliCommand } from '../../command.ts';
import { getGroup } from '../../find-nodes.ts';
import { collect, parseTags } from '../../read-input.ts';
import { formatTable, inert } from '../../table.ts';

const ruleText = ({ rule }: Group): string => rule.tags.join(rule.match === 'all' ? ' and ' : ' or ');
const ruleOf = ({ tag = [], any }: Record<string, unknown>) => ({
  match: any === true ? ('any' as const) : ('all' as const),
  tags: parseTags(tag),
});
const declareRule = (command: Command) =>
  command
    .option('--tag <tag>', 'a tag that its nodes have; may be given several times', collect)
    .option('--any', 'one of the tags is enough; otherwise a node needs all of them');

const list: CliCommand = {
  name: 'list',
  summary: 'Groups with their rules and the number of their nodes',
  declare: () => undefined,
  run: async ({ connect, print }) => {
    const { items } = await (await connect()).api.groups.list.query({});
    const rows = items.map((group) => [group.name, String(group.nodeCount), ruleText(group)]);
    print({ items }, () => formatTable(['NAME', 'NODES', 'TAGS'], rows));
    return undefined;
  },
};

const create: CliCommand = {
  name: 'create',
  summary: 'Make a group of the nodes that have certain tags',
  declare: (command) => declareRule(command.argument('<name>', 'name of the group')),
  run: async ({ connect, print }, [name = ''], options) => {
    const group = await (await connect()).api.groups.create.mutate({ name, rule: ruleOf(options) });
    print(group, () => `${inert(group.name)}: ${group.nodeCount} nodes.\n`);
    return undefined;
  },
};

const update: CliCommand = {
  name: 'update',
  summary: 'Change the rule of a group, and its name with --name',
  declare: (command) => declareRule(command.argument('<group>', 'name or id').option('--name <name>', 'the new name')),
  run: async ({ connect, print }, [wanted = ''], { name, ...options }) => {
    const { api } = await connect();
    const before = await getGroup(api, wanted);
    const rule = options.tag === undefined ? before.rule : ruleOf(options);
    const wish = { groupId: before.id, name: name === undefined ? before.name : String(name), rule };
    const group = await api.groups.update.mutate(wish);
    print(group, () => `${inert(group.name)}: ${group.nodeCount} nodes.\n`);
    return undefined;
  },
};

const remove: CliCommand = {
  name: 'remove',
  summary: 'Remove a group; its nodes stay as they are',
  declare: (command) => command.argument('<group>', 'name or id'),
  run: async ({ connect, print }, [wanted = '']) => {
    const { api } = await connect();
    const { id: groupId, name } = await getGroup(api, wanted);
    await api.groups.remove.mutate({ groupId });
    print({ groupId, name }, () => `${inert(name)} was removed.\n`);
    return undefined;
  },
};

export const commands: readonly CliCommand[] = [list, create, update, remove];
