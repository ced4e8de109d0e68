import type { Counts, Lane, LaneContext, LaneResult } from './lane.ts';

export type LaneReport = Counts & { name: string; tookMs: number; output: string };

/** Runs one lane; one that throws has failed once, with the error as its output. */
export const runLane = async (lane: Lane, context: LaneContext): Promise<LaneReport> => {
  const startedAt = performance.now();
  const result = await lane.run(context).catch((error: unknown): LaneResult => {
    const output = `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
    if (context.output === 'show') process.stderr.write(output);
    return { passed: 0, failed: 1, output };
  });
  return { name: lane.name, tookMs: performance.now() - startedAt, ...result };
};

/**
 * The lanes a name stands for: one lane, or a group. Without a name all but those of the night, which take hours. Empty when
 * there is no such name.
 */
export const selectLanes = (lanes: readonly Lane[], only: string | undefined): Lane[] =>
  lanes.filter(({ name, group }) => (only === undefined ? group !== 'nightly' : name === only || group === only));

/** One line for each lane and, as the last line, the sum. */
export const formatReports = (reports: readonly LaneReport[]): string => {
  const rows = reports.map(({ name, passed, failed, tookMs }) =>
    [
      name.padEnd(16),
      `${passed} passed`.padStart(12),
      `${failed} failed`.padStart(11),
      `${(tookMs / 1000).toFixed(1)} s`.padStart(9),
    ].join(''),
  );
  const sum = (key: keyof Counts): number => reports.reduce((total, report) => total + report[key], 0);
  return [...rows, `${sum('passed')} passed, ${sum('failed')} failed`].join('\n');
};

/** The environment tests run in: an own Server Box's settings and servers must not reach them. */
export const testEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const isForeign = (name: string): boolean => /^(SERVERBOX_|DATABASE_URL|REDIS_URL|PG[A-Z]+$)/.test(name);
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !isForeign(name))), CI: 'true' };
};
