import type { ServerBox } from '@serverbox/sdk';
import type { Command } from 'commander';
import type { GlobalOptions } from './connect.ts';

/** What a command may touch: the API, standard output, and the options of the whole program. */
export interface CommandContext {
  connect(): Promise<ServerBox>;
  /** Prints `value` as JSON with `--json`, else the text for people. */
  print(value: unknown, text: () => string): void;
  options: GlobalOptions;
}

/** One verb of one noun. `declare` adds its arguments; `run` gets them in order, then the verb's own options. */
export interface CliCommand {
  name: string;
  summary: string;
  declare(command: Command): void;
  /** Resolves with the exit code where it is not 0 and no error either: a command on a node that failed. */
  run(context: CommandContext, args: readonly string[], options: Record<string, unknown>): Promise<number | undefined>;
}
