import type { NodeDetail } from '@serverbox/contract/nodes';
import type { CliCommand } from '../../command.ts';
import { getNode } from '../../find-nodes.ts';
import { formatTable, inertLines } from '../../table.ts';

const known = (value: string | number | null | undefined): string => String(value ?? '-');

const rowsOf = (node: NodeDetail): string[][] => [
  ['Id', node.id],
  ['Status', `${node.status.state}: ${node.status.reason}`],
  ...node.ways.map(({ way, text, isInUse }) => [isInUse ? 'Way in use' : 'Way', `${way}: ${text}`]),
  ...(node.conflict === null ? [] : [['Conflict', node.conflict]]),
  ['Tags', known(node.tags.join(', ') || null)],
  ['System', known(node.facts?.os)],
  ['Kernel', known(node.facts?.kernel)],
  ['Architecture', known(node.facts?.arch)],
  ['Addresses', known(node.facts?.addresses.join(', ') || null)],
  ['Docker', known(node.facts?.dockerVersion ?? node.facts?.dockerProblem)],
  ['Agent', known(node.facts?.agentVersion)],
  ...node.capabilities.filter(({ can }) => !can).map(({ capability, because }) => [`No ${capability}`, known(because)]),
];

export const command: CliCommand = {
  name: 'show',
  summary: 'One node: status, ways, system, and what does not work and why',
  declare: (command) => command.argument('<node>', 'name or id'),
  run: async ({ connect, print }, [wanted = '']) => {
    const { api } = await connect();
    const { id } = await getNode(api, wanted);
    const node = await api.nodes.get.query({ nodeId: id });
    const note = node.note === '' ? '' : `\n${inertLines(node.note)}\n`;
    print(node, () => `${formatTable(['NAME', node.name], rowsOf(node))}${note}`);
    return undefined;
  },
};
