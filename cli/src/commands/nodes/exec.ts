import type { CliCommand } from '../../command.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { getNode } from '../../find-nodes.ts';
import { inertLines } from '../../table.ts';

/** To a terminal without what would steer it; to a pipe as it came. */
const write = (stream: NodeJS.WriteStream, text: string): void => {
  stream.write(stream.isTTY ? inertLines(text) : text);
};

export const command: CliCommand = {
  name: 'exec',
  summary: 'Run one program on a node, without a shell: serverbox nodes exec web-1 -- df -h',
  declare: (command) =>
    command
      .argument('<node>', 'name or id')
      .argument('<argv...>', 'program and arguments, after --')
      .option('--timeout <seconds>', 'end it after so long', '30'),
  run: async ({ connect, print, options }, [wanted = '', ...argv], { timeout }) => {
    const { api } = await connect();
    const { id: nodeId } = await getNode(api, wanted);
    const result = await api.nodes.exec.mutate({ nodeId, argv, timeoutMs: Number(timeout) * 1000 });
    const failure = result.signal ?? (result.exitCode === 0 ? undefined : `exit code ${result.exitCode}`);
    if (options.json === true) print(result, () => '');
    else {
      write(process.stdout, result.stdout);
      write(process.stderr, result.stderr);
      if (result.truncated) process.stderr.write('The output was longer and is cut.\n');
      if (failure !== undefined) process.stderr.write(`It ended with ${failure}.\n`);
    }
    return failure === undefined ? undefined : EXIT_CODES.failed;
  },
};
