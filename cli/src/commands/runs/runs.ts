/** Fleet commands: start, watch, list, cancel. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run, RunCommand } from '@serverbox/contract/runs';
import type { ServerBox } from '@serverbox/sdk';
import { ServerBoxError } from '@serverbox/sdk';
import type { CliCommand } from '../../command.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { selectNodes } from '../../find-nodes.ts';
import { collect, readStandardInput } from '../../read-input.ts';
import { formatTable } from '../../table.ts';
import { isSuccess, parseRunId, runRow, runText } from './show.ts';

const POLL_MS = 500;

const untilEnded = async (api: ServerBox['api'], { id: runId }: Run): Promise<Run> => {
  for (;;) {
    const run = await api.runs.get.query({ runId });
    if (run.endedAt !== null) return run;
    await sleep(POLL_MS);
  }
};

const commandOf = async (argv: readonly string[], script: unknown): Promise<RunCommand> => {
  if ((script === undefined) === (argv.length === 0))
    throw new ServerBoxError('bad_request', 'Give either a program after -- or a script with --script.');
  if (script === undefined) return { kind: 'argv', argv: [...argv] };
  const text = script === '-' ? await readStandardInput() : await readFile(String(script), 'utf8');
  return { kind: 'script', script: text };
};

const start: CliCommand = {
  name: 'start',
  summary: 'Run a program or a script on many nodes and wait: serverbox runs start --tag web -- uptime',
  declare: (command) =>
    command
      .argument('[argv...]', 'program and arguments, after --')
      .option('--node <node>', 'name or id; may be given several times', collect)
      .option('--tag <tag>', 'every node with this tag; may be given several times', collect)
      .option('--group <group>', 'every node of this group; may be given several times', collect)
      .option('--all', 'every node')
      .option('--script <file>', 'a script for sh instead of a program; - is standard input')
      .option('--timeout <seconds>', 'end it on a node after so long', '60')
      .option('--detach', 'do not wait for the end'),
  run: async ({ connect, print }, argv, { node = [], tag = [], group = [], all, script, timeout, detach }) => {
    const { api } = await connect();
    const lists = { node, tag, group } as { node: string[]; tag: string[]; group: string[] };
    const nodeIds = await selectNodes(api, { ...lists, all: all === true });
    const command = await commandOf(argv, script);
    const begun = await api.runs.start.mutate({ nodeIds, command, timeoutMs: Number(timeout) * 1000 });
    if (detach === true) {
      print(begun, () => `${begun.id}\n`);
      return undefined;
    }
    const run = await untilEnded(api, begun);
    print(run, () => runText(run));
    return isSuccess(run) ? undefined : EXIT_CODES.failed;
  },
};

const list: CliCommand = {
  name: 'list',
  summary: 'Fleet commands, newest first',
  declare: (command) => command.option('--limit <count>', 'so many', '20'),
  run: async ({ connect, print }, _, { limit }) => {
    const page = await (await connect()).api.runs.list.query({ limit: Number(limit) });
    print(page, () => formatTable(['ID', 'STARTED', 'STATE', 'BY', 'NODES', 'COMMAND'], page.items.map(runRow)));
    return undefined;
  },
};

const cancel: CliCommand = {
  name: 'cancel',
  summary: 'End a fleet command where it runs or waits',
  declare: (command) => command.argument('<run>', 'id of the fleet command'),
  run: async ({ connect, print }, [wanted = '']) => {
    const run = await (await connect()).api.runs.cancel.mutate({ runId: parseRunId(wanted) });
    print(run, () => 'It is being cancelled.\n');
    return undefined;
  },
};

export const commands: readonly CliCommand[] = [start, list, cancel];
