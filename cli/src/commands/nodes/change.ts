/** Verbs that change what people know a node by. */
import { ServerBoxError } from '@serverbox/sdk';
import type { CliCommand } from '../../command.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { getNode, getNodes } from '../../find-nodes.ts';
import { collect, parseTags, readStandardInput } from '../../read-input.ts';
import { inert } from '../../table.ts';

const rename: CliCommand = {
  name: 'rename',
  summary: 'Give a node another name',
  declare: (command) => command.argument('<node>', 'name or id').argument('<name>', 'the new name'),
  run: async ({ connect, print }, [wanted = '', name = '']) => {
    const { api } = await connect();
    const { id: nodeId } = await getNode(api, wanted);
    const node = await api.nodes.update.mutate({ nodeId, name });
    print({ nodeId, name: node.name }, () => `${inert(wanted)} is called ${inert(node.name)} now.\n`);
    return undefined;
  },
};

const tag: CliCommand = {
  name: 'tag',
  summary: 'Add and remove tags on one node or many',
  declare: (command) =>
    command
      .argument('<node...>', 'names or ids')
      .option('--add <tag>', 'a tag to add; may be given several times', collect)
      .option('--remove <tag>', 'a tag to remove; may be given several times', collect),
  run: async ({ connect, print }, wanted, { add = [], remove = [] }) => {
    const change = { add: parseTags(add), remove: parseTags(remove) };
    const { api } = await connect();
    const nodes = await getNodes(api, wanted);
    const nodeIds = nodes.map(({ id }) => id);
    const result = await api.nodes.tagMany.mutate({ nodeIds, ...change });
    const nameOf = new Map(nodes.map(({ id, name }) => [id, name]));
    const failed = result.items.filter(({ ok }) => !ok);
    for (const { nodeId, message } of failed)
      process.stderr.write(`${inert(nameOf.get(nodeId) ?? nodeId)}: ${message}\n`);
    print(result, () => `${result.items.length - failed.length} of ${result.items.length} nodes done.\n`);
    return failed.length === 0 ? undefined : EXIT_CODES.failed;
  },
};

const note: CliCommand = {
  name: 'note',
  summary: 'Print the note of a node, or replace it by standard input with --set',
  declare: (command) =>
    command.argument('<node>', 'name or id').option('--set', 'read the new note from standard input'),
  run: async ({ connect, print }, [wanted = ''], { set }) => {
    const { api } = await connect();
    const { id: nodeId } = await getNode(api, wanted);
    if (set === true) {
      await api.nodes.update.mutate({ nodeId, note: (await readStandardInput()).trimEnd() });
      print({ nodeId }, () => 'Saved.\n');
      return undefined;
    }
    const { note: text } = await api.nodes.get.query({ nodeId });
    print({ nodeId, note: text }, () => (text === '' ? '' : `${text.split('\n').map(inert).join('\n')}\n`));
    return undefined;
  },
};

const favourite: CliCommand = {
  name: 'favourite',
  summary: 'Make a node one of your favourites, or no longer with --off',
  declare: (command) => command.argument('<node>', 'name or id').option('--off', 'no favourite any more'),
  run: async ({ connect, print }, [wanted = ''], { off }) => {
    const { api } = await connect();
    const { id: nodeId } = await getNode(api, wanted);
    const isFavourite = off !== true;
    await api.nodes.setFavourite.mutate({ nodeId, isFavourite });
    print({ nodeId, isFavourite }, () => 'Saved.\n');
    return undefined;
  },
};

const remove: CliCommand = {
  name: 'remove',
  summary: 'Remove a node with its history; its agent can no longer connect',
  declare: (command) => command.argument('<node>', 'name or id').option('--yes', 'really: it cannot be undone'),
  run: async ({ connect, print }, [wanted = ''], { yes }) => {
    if (yes !== true) throw new ServerBoxError('bad_request', 'This cannot be undone. Give --yes to remove the node.');
    const { api } = await connect();
    const { id: nodeId, name } = await getNode(api, wanted);
    await api.nodes.remove.mutate({ nodeId });
    print({ nodeId, name }, () => `${inert(name)} was removed.\n`);
    return undefined;
  },
};

export const commands: readonly CliCommand[] = [rename, tag, note, favourite, remove];
