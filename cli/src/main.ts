#!/usr/bin/env node
/** `serverbox <noun> <verb>`. Each verb is a module of its own; errors print code, sentence and hint, and set the exit code. */
import { toServerBoxError } from '@serverbox/sdk';
import { Command, CommanderError } from 'commander';
import type { CliCommand, CommandContext } from './command.ts';
import { commands as containerActs } from './commands/containers/act.ts';
import { command as containersList } from './commands/containers/list.ts';
import { command as login } from './commands/login/login.ts';
import { command as nodesList } from './commands/nodes/list.ts';
import type { GlobalOptions } from './connect.ts';
import { connect } from './connect.ts';
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts';

const contextOf = (options: GlobalOptions): CommandContext => ({
  options,
  connect: () => connect(options, process.env),
  print: (value, text) => {
    process.stdout.write(options.json === true ? `${JSON.stringify(value, null, 2)}\n` : text());
  },
});

const add = (parent: Command, program: Command, cliCommand: CliCommand): void => {
  const command = parent.command(cliCommand.name).description(cliCommand.summary);
  cliCommand.declare(command);
  command.action(async () => {
    await cliCommand.run(contextOf(program.opts<GlobalOptions>()), command.args, command.opts());
  });
};

/** The whole command tree; also what the generated documentation is printed from. */
export const createProgram = (): Command => {
  const program = new Command('serverbox')
    .description('Server Box from the command line')
    .option('--url <origin>', 'where the core is; also SERVERBOX_URL')
    .option('--token <token>', 'access token; prefer SERVERBOX_TOKEN, which does not show in the process list')
    .option('--json', 'print JSON for scripts')
    .exitOverride();
  add(program, program, login);
  const nodes = program.command('nodes').description('Machines');
  add(nodes, program, nodesList);
  const containers = program.command('containers').description('Containers on all nodes');
  for (const command of [containersList, ...containerActs]) add(containers, program, command);
  return program;
};

const run = async (): Promise<number> => {
  try {
    await createProgram().parseAsync();
    return EXIT_CODES.ok;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    const error = toServerBoxError(thrown);
    process.stderr.write(`${error.code}: ${error.message}\n`);
    if (error.requestId) process.stderr.write(`The core's log has more under request ${error.requestId}.\n`);
    return exitCodeOf(error.code);
  }
};

if (import.meta.main) process.exitCode = await run();
