import type { ProgramName } from '../../lab/programs.ts';

export type Counts = { passed: number; failed: number };

export type LaneContext = {
  /** Aborted when the whole run is to end. */
  signal: AbortSignal;
  /** The environment of the tests: this process's, without settings of a Server Box that runs here. */
  env: NodeJS.ProcessEnv;
  /** `show` prints while the lane runs; `keep` returns the output with the result. */
  output: 'show' | 'keep';
};

export type LaneResult = Counts & { output: string };

/** One part of the suite, which counts what it ran. */
export type Lane = {
  name: string;
  /** A name for several lanes; `--only` takes either. */
  group: 'check' | 'agent' | 'integration' | 'e2e' | 'nightly';
  /** Programs of the system without which it cannot run. */
  needs: readonly ProgramName[];
  /** How long it may take, where that is more than what is usual. */
  timeoutMs?: number;
  run(context: LaneContext): Promise<LaneResult>;
};

/** The result of a lane that is one test by itself. */
export const countAsOne = (isOk: boolean, output: string): LaneResult => ({
  passed: isOk ? 1 : 0,
  failed: isOk ? 0 : 1,
  output,
});

/** Adds a failure where a lane ran no test at all: a lane that tests nothing must not look green. */
export const requireTests = (result: LaneResult): LaneResult =>
  result.passed + result.failed > 0 ? result : { ...result, failed: 1, output: `${result.output}\nno test was run\n` };
