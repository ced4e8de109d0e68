#!/usr/bin/env node
/** `serverbox <noun> <verb>`. Each verb is a module of its own; errors print code, sentence and hint, and set the exit code. */
import { toServerBoxError } from '@serverbox/sdk';
import { Command, CommanderError } from 'commander';
import type { CliCommand, CommandContext } from './command.ts';
import { commands as containerActs } from './commands/containers/act.ts';
import { command as containersList } from './commands/containers/list.ts';
import { commands as groupCommands } from './commands/groups/groups.ts';
import { command as login } from './commands/login/login.ts';
import { commands as nodeChanges } from './commands/nodes/change.ts';
import { command as nodesDoctor } from './commands/nodes/doctor.ts';
import { command as nodesExec } from './commands/nodes/exec.ts';
import { command as nodesList } from './commands/nodes/list.ts';
import { command as nodesShow } from './commands/nodes/show.ts';
import { commands as runCommands } from './commands/runs/runs.ts';
import { command as runsShow } from './commands/runs/show.ts';
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

/** Where the exit code of the command that ran goes; errors have theirs. */
type Settle = (exitCode: number) => void;

const add = (
  parent: Command,
  { program, settle }: { program: Command; settle: Settle },
  cliCommand: CliCommand,
): void => {
  const command = parent.command(cliCommand.name).description(cliCommand.summary);
  cliCommand.declare(command);
  command.action(async () => {
    const said = await cliCommand.run(contextOf(program.opts<GlobalOptions>()), command.args, command.opts());
    settle(said ?? EXIT_CODES.ok);
  });
};

/** The whole command tree; also what the generated documentation is printed from. */
export const createProgram = (settle: Settle = () => undefined): Command => {
  const program = new Command('serverbox')
    .description('Server Box from the command line')
    .option('--url <origin>', 'where the core is; also SERVERBOX_URL')
    .option('--token <token>', 'access token; prefer SERVERBOX_TOKEN, which does not show in the process list')
    .option('--json', 'print JSON for scripts')
    .exitOverride();
  const root = { program, settle };
  add(program, root, login);
  const nodes = program.command('nodes').description('Machines');
  for (const command of [nodesList, nodesShow, ...nodeChanges, nodesExec, nodesDoctor]) add(nodes, root, command);
  const groups = program.command('groups').description('Groups of nodes: rules over tags');
  for (const command of groupCommands) add(groups, root, command);
  const runs = program.command('runs').description('Fleet commands: one command on many nodes');
  for (const command of [...runCommands, runsShow]) add(runs, root, command);
  const containers = program.command('containers').description('Containers on all nodes');
  for (const command of [containersList, ...containerActs]) add(containers, root, command);
  return program;
};

const run = async (): Promise<number> => {
  try {
    let exitCode: number = EXIT_CODES.ok;
    const program = createProgram((said) => {
      exitCode = said;
    });
    await program.parseAsync();
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    const error = toServerBoxError(thrown);
    process.stderr.write(`${error.code}: ${error.message}\n`);
    if (error.requestId) process.stderr.write(`The core's log has more under request ${error.requestId}.\n`);
    return exitCodeOf(error.code);
  }
};

if (import.meta.main) process.exitCode = await run();
