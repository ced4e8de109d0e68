import type { CliCommand } from '../../command.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { getNode } from '../../find-nodes.ts';
import { formatTable, inert } from '../../table.ts';

export const command: CliCommand = {
  name: 'doctor',
  summary: 'Try each hop between the core and a node, and say what to do about the first that fails',
  declare: (command) => command.argument('<node>', 'name or id'),
  run: async ({ connect, print }, [wanted = '']) => {
    const { api } = await connect();
    const { id: nodeId } = await getNode(api, wanted);
    const report = await api.doctor.check.query({ nodeId });
    const rows = report.hops
      .filter(({ result }) => result !== 'skipped')
      .map(({ way, hop, result, text, advice }) => [way, hop, result, advice === null ? text : `${text} ${advice}`]);
    print(report, () => `${formatTable(['WAY', 'HOP', 'RESULT', 'WHAT'], rows)}\n${inert(report.verdict)}\n`);
    return report.hops.some(({ result }) => result === 'failed') ? EXIT_CODES.failed : undefined;
  },
};
