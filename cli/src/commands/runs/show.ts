/** How a fleet command stands, for people. */
import type { Run, RunSummary, RunTarget } from '@serverbox/contract/runs';
import { RunId } from '@serverbox/contract/runs';
import { ServerBoxError } from '@serverbox/sdk';
import type { CliCommand } from '../../command.ts';
import { getNode } from '../../find-nodes.ts';
import { formatTable, inertLines } from '../../table.ts';

const commandText = ({ command }: RunSummary): string =>
  command.kind === 'script' ? 'script' : command.argv.join(' ').slice(0, 60);

const countsText = ({ counts }: RunSummary): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');

const howText = ({ outcome, exitCode, signal, reason }: RunTarget): string =>
  reason ?? (outcome === 'exited' ? `exit code ${exitCode}` : (signal ?? ''));

/** Whether it did what was wanted on every node. */
export const isSuccess = ({ targets }: Run): boolean =>
  targets.every(({ outcome, exitCode }) => outcome === 'exited' && exitCode === 0);

export const runText = (run: Run): string =>
  formatTable(
    ['NODE', 'OUTCOME', 'HOW', 'OUTPUT'],
    run.targets.map((target) => {
      const [firstLine = ''] = (target.stdout || target.stderr).split('\n');
      return [target.nodeName, target.outcome, howText(target), firstLine.slice(0, 80)];
    }),
  );

export const runRow = (run: RunSummary): string[] => [
  run.id,
  run.startedAt,
  run.endedAt === null ? 'running' : 'ended',
  run.actor,
  countsText(run),
  commandText(run),
];

/** @throws ServerBoxError `bad_request` */
export const parseRunId = (text: string): RunId => {
  const parsed = RunId.safeParse(text);
  if (!parsed.success) throw new ServerBoxError('bad_request', `${text} is not the id of a fleet command.`);
  return parsed.data;
};

export const command: CliCommand = {
  name: 'show',
  summary: 'A fleet command with how it ended on each node, or all output of one node with --node',
  declare: (command) =>
    command.argument('<run>', 'id of the fleet command').option('--node <node>', 'all output of this node'),
  run: async ({ connect, print }, [wanted = ''], { node }) => {
    const { api } = await connect();
    const runId = parseRunId(wanted);
    if (node === undefined) {
      const run = await api.runs.get.query({ runId });
      print(run, () => runText(run));
      return undefined;
    }
    const { id: nodeId } = await getNode(api, String(node));
    const target = await api.runs.output.query({ runId, nodeId });
    print(target, () => `${inertLines(target.stdout)}${inertLines(target.stderr)}`);
    return undefined;
  },
};
