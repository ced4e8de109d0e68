import { createHash } from 'node:crypto';
import type { RunCommand } from '@serverbox/contract/runs';
import * as contract from '@serverbox/contract/runs';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { Runs } from './service.ts';

/** A script stands for itself by its hash: the row has its text. */
const commandDetails = (command: RunCommand) =>
  command.kind === 'argv'
    ? { argv: command.argv }
    : { scriptSha256: createHash('sha256').update(command.script).digest('hex') };

export const createRunsRouter = ({ read, act }: Procedures, runs: Runs) =>
  router({
    list: read({
      permission: 'runs.read',
      scope: 'fleet',
      input: contract.RunsInput,
      output: contract.RunPage,
      rest: { method: 'GET', path: '/api/runs', summary: 'Fleet commands, newest first' },
    }).query(({ input }) => runs.list(input)),
    get: read({
      permission: 'runs.read',
      scope: 'fleet',
      input: contract.RunTargetInput,
      output: contract.Run,
      rest: { method: 'GET', path: '/api/runs/{runId}', summary: 'One fleet command, with how it stands on each node' },
    }).query(({ input }) => runs.get(input.runId)),
    output: read({
      permission: 'runs.read',
      scope: 'node',
      input: contract.RunOutputInput,
      output: contract.RunTarget,
      rest: {
        method: 'GET',
        path: '/api/runs/{runId}/nodes/{nodeId}',
        summary: 'All that is kept of what a fleet command wrote on one node',
      },
    }).query(({ input }) => runs.output(input.runId, input.nodeId)),
    start: act({
      permission: 'nodes.exec',
      scope: 'fleet',
      audit: 'run.start',
      auditDetails: ({ nodeIds, command, timeoutMs }) => ({
        nodeIds,
        nodeCount: nodeIds.length,
        timeoutMs,
        ...commandDetails(command),
      }),
      auditResult: ({ id }) => ({ runId: id }),
      input: contract.StartRunInput,
      output: contract.Run,
      rest: { method: 'POST', path: '/api/runs', summary: 'Run a command or a script on many nodes' },
    }).mutation(({ ctx, input }) => runs.start(ctx.principal, input)),
    cancel: act({
      permission: 'nodes.exec',
      scope: 'fleet',
      audit: 'run.cancel',
      input: contract.RunTargetInput,
      output: contract.Run,
      rest: { method: 'POST', path: '/api/runs/{runId}/cancel', summary: 'End a fleet command where it runs or waits' },
    }).mutation(({ input }) => runs.cancel(input.runId)),
  });
