import { ContainerId } from '@serverbox/contract/ids';
import { ServerBoxError } from '@serverbox/sdk';
import type { CliCommand } from '../../command.ts';

const VERBS = ['start', 'stop', 'restart', 'pause', 'unpause'] as const;

/** `containers restart <id or name>`: names are looked up over all nodes and have to be unique. */
const actCommand = (verb: (typeof VERBS)[number]): CliCommand => ({
  name: verb,
  summary: `${verb.charAt(0).toUpperCase()}${verb.slice(1)} a container`,
  declare: (command) => command.argument('<container>', 'id (12 digits or more) or name'),
  run: async ({ connect, print }, [wanted = '']) => {
    const { api } = await connect();
    const { items } = await api.docker.containers.list.query({});
    const found = items.filter(
      ({ value }) => value.name === wanted || (wanted.length >= 12 && value.id.startsWith(wanted)),
    );
    const [only] = found;
    if (only === undefined) throw new ServerBoxError('not_found', `No container is called ${wanted}.`);
    if (found.length > 1) {
      const where = found.map(({ value }) => `${value.id.slice(0, 12)} on ${value.nodeName}`).join(', ');
      throw new ServerBoxError('conflict', `Several containers are called ${wanted}: ${where}. Give the id.`);
    }
    const { nodeId, id, name } = only.value;
    await api.docker.containers[verb].mutate({ nodeId, containerId: ContainerId.parse(id) });
    print({ nodeId, containerId: id, action: verb }, () => `${name}: ${verb} done.\n`);
    return undefined;
  },
});

export const commands: readonly CliCommand[] = VERBS.map(actCommand);
