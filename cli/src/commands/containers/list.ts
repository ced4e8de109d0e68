import type { CliCommand } from '../../command.ts';
import { formatTable } from '../../table.ts';

export const command: CliCommand = {
  name: 'list',
  summary: 'Containers of all nodes; a node that cannot be asked is named on standard error',
  declare: () => undefined,
  run: async ({ connect, print }) => {
    const list = await (await connect()).api.docker.containers.list.query({});
    for (const { nodeName, message } of list.problems) process.stderr.write(`${nodeName}: ${message}\n`);
    const rows = list.items.map(({ value }) => [
      value.id.slice(0, 12),
      value.nodeName,
      value.name,
      value.image,
      value.state,
      value.status,
    ]);
    print(list, () => formatTable(['ID', 'NODE', 'NAME', 'IMAGE', 'STATE', 'STATUS'], rows));
    return undefined;
  },
};
