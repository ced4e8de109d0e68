/** `npm run check`: types, lint, dead code, architecture and unit tests, two at a time, before every commit. */
import { CHECK_LANES } from './suite/check-lanes.ts';
import type { LaneReport } from './suite/run-lanes.ts';
import { formatReports, runLane, testEnvironment } from './suite/run-lanes.ts';

const PARALLEL = 2;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());

const reports: LaneReport[] = [];
const waiting = [...CHECK_LANES];

const work = async (): Promise<void> => {
  for (let lane = waiting.shift(); lane !== undefined && !stop.signal.aborted; lane = waiting.shift()) {
    const report = await runLane(lane, { signal: stop.signal, env: testEnvironment(process.env), output: 'keep' });
    reports.push(report);
    if (report.failed > 0) console.log(`── ${report.name} failed ${'─'.repeat(50)}\n${report.output.trimEnd()}\n`);
  }
};

await Promise.all(Array.from({ length: PARALLEL }, work));
console.log(formatReports(reports));
process.exitCode = stop.signal.aborted || reports.some((report) => report.failed > 0) ? 1 : 0;
