/**
 * `npm test`: everything there is to check, in the order in which failures are cheapest to understand. Installs the
 * system's programs that tests need, builds agent and dashboard, starts and ends the daemons. The last line it prints
 * is `N passed, N failed`; it exits with 0 only when none failed. `npm run nightly` runs what takes too long for that.
 */
import { parseArgs } from 'node:util';
import { enterPlainShells } from '../lab/plain-shells.ts';
import { PROGRAMS } from '../lab/programs.ts';
import { ensureAgentStep } from './lib/agent.mjs';
import { ensureDashboard } from './lib/dashboard.mjs';
import { StepError, step } from './lib/steps.mjs';
import { CHECK_LANES, SHELL_LANE } from './suite/check-lanes.ts';
import { DAEMON_LANES, DOCKER, withDocker } from './suite/daemon-lanes.ts';
import { runGoTest, runGoVet } from './suite/go-lane.ts';
import type { Lane, LaneContext } from './suite/lane.ts';
import { NIGHTLY_LANES } from './suite/nightly-lanes.ts';
import { ensurePackages, listMissingPackages, MissingPackagesError } from './suite/packages.ts';
import type { LaneReport } from './suite/run-lanes.ts';
import { formatReports, runLane, selectLanes, testEnvironment } from './suite/run-lanes.ts';

const LANES: readonly Lane[] = [
  ...CHECK_LANES,
  SHELL_LANE,
  { name: 'go-vet', group: 'agent', needs: [], run: runGoVet },
  // gcc: the race detector needs a C compiler.
  { name: 'go-test', group: 'agent', needs: ['gcc', ...DOCKER], run: (context) => withDocker(context, runGoTest) },
  ...DAEMON_LANES,
  ...NIGHTLY_LANES,
];

const LANE_TIMEOUT_MS = 20 * 60_000;

const prepare = async (lanes: readonly Lane[], signal: AbortSignal): Promise<void> => {
  const packages = listMissingPackages(lanes.flatMap((lane) => lane.needs.map((name) => PROGRAMS[name])));
  await step('packages', async (busy) => {
    if (packages.length > 0) busy(`installing ${packages.join(' ')}`);
    await ensurePackages(packages, signal);
    return { outcome: packages.length > 0 ? 'installed' : 'up to date', value: undefined };
  });
  if (lanes.every((lane) => lane.group === 'check')) return;
  await step('dashboard', ensureDashboard);
  await step('agent', ensureAgentStep);
};

const runAll = async (lanes: readonly Lane[], stop: AbortSignal): Promise<LaneReport[]> => {
  const reports: LaneReport[] = [];
  for (const lane of lanes) {
    if (stop.aborted) break;
    console.log(`\n── ${lane.name} ${'─'.repeat(60 - lane.name.length)}`);
    const signal = AbortSignal.any([stop, AbortSignal.timeout(lane.timeoutMs ?? LANE_TIMEOUT_MS)]);
    const context: LaneContext = { signal, env: testEnvironment(process.env), output: 'show' };
    reports.push(await runLane(lane, context));
  }
  return reports;
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const lanes = selectLanes(LANES, values.only);
  if (lanes.length === 0) {
    const names = [...new Set(LANES.flatMap((lane) => [lane.name, lane.group]))];
    console.error(`--only takes one of: ${names.join(', ')}`);
    return 2;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  try {
    await prepare(lanes, stop.signal);
  } catch (error) {
    if (error instanceof StepError && error.output !== '') console.error(error.output);
    if (!(error instanceof StepError || error instanceof MissingPackagesError)) throw error;
    console.error(error.message);
    return error instanceof MissingPackagesError ? 2 : 1;
  }
  const reports = await runAll(lanes, stop.signal);
  console.log(`\n${stop.signal.aborted ? 'The run was interrupted.\n' : ''}${formatReports(reports)}`);
  if (stop.signal.aborted) return 130;
  return reports.some((report) => report.failed > 0) ? 1 : 0;
};

enterPlainShells();
process.exitCode = await main();
