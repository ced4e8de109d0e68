/** Runs the checks of a mutant and says whether they noticed it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Copy } from './copy.ts';
import type { Check, Mutant } from './mutant.ts';

/** `idle`: no test was run, so nothing was shown. */
export type Colour = 'red' | 'green' | 'idle';
export type Verdict = 'killed' | 'survived' | 'idle' | 'does not fit';

const TIMEOUT_MS = 180_000;
const Report = z.object({ numPassedTests: z.int(), numFailedTests: z.int() });

type Run = { isOk: boolean; output: string };

/** Without what a test runner tells its own children, when this is one of them. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST') && name !== 'NODE_ENV'));

const run = (command: string, args: readonly string[], cwd: string): Promise<Run> =>
  new Promise((resolve) => {
    const options = {
      cwd,
      env: environment(),
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 64 * 1024 * 1024,
    };
    execFile(command, args, options, (error, stdout, stderr) =>
      resolve({ isOk: error === null, output: `${stdout}${stderr}` }),
    );
  });

const colourOf = (isOk: boolean, hasRun: boolean): Colour => {
  if (!hasRun) return 'idle';
  return isOk ? 'green' : 'red';
};

const runVitest = async (copy: Copy, project: string, files: readonly string[], tests?: string): Promise<Colour> => {
  const dir = await mkdtemp(join(tmpdir(), 'serverbox-verdict-'));
  const reportPath = join(dir, 'report.json');
  const names = tests === undefined ? [] : ['-t', tests];
  const reporter = ['--reporter=json', `--outputFile=${reportPath}`];
  try {
    const vitest = join(copy.path, 'node_modules/vitest/vitest.mjs');
    const args = [vitest, 'run', '--project', project, ...reporter, ...names, ...files];
    const { isOk } = await run(process.execPath, args, copy.path);
    const report = await readFile(reportPath, 'utf8').catch(() => undefined);
    if (report === undefined) return 'idle';
    // An error that no test caught makes the run fail although its tests pass: as red as a failed test.
    const { numPassedTests, numFailedTests } = Report.parse(JSON.parse(report));
    return colourOf(isOk, numPassedTests + numFailedTests > 0);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

const runGo = async (copy: Copy, packagePath: string, tests = '.'): Promise<Colour> => {
  const args = ['test', '-count=1', '-v', '-run', tests, packagePath];
  const { isOk, output } = await run('go', args, join(copy.path, 'agent'));
  return colourOf(isOk, /^=== RUN/m.test(output));
};

const runCheck = (copy: Copy, { project, file, tests }: Check): Promise<Colour> =>
  project === 'go' ? runGo(copy, file, tests) : runVitest(copy, project, [file], tests);

/** Each check has to notice the bug by itself. */
const runChecks = async (copy: Copy, { checks }: Mutant): Promise<Verdict> => {
  for (const check of checks) {
    const colour = await runCheck(copy, check);
    if (colour !== 'red') return colour === 'green' ? 'survived' : 'idle';
  }
  return 'killed';
};

/** Plants the bug, runs its checks, takes it out again. */
export const judge = async (copy: Copy, mutant: Mutant): Promise<Verdict> => {
  try {
    await copy.plant(mutant.path);
  } catch {
    return 'does not fit';
  }
  try {
    return await runChecks(copy, mutant);
  } finally {
    await copy.uproot(mutant.path);
  }
};

/** Files whose tests fail without any bug planted: what they say about a mutant means nothing. */
export const listUnsound = async (copy: Copy, mutants: readonly Mutant[]): Promise<string[]> => {
  const checks = mutants.flatMap((mutant) => mutant.checks);
  const unsound: string[] = [];
  for (const project of new Set(checks.map((check) => check.project))) {
    const files = [...new Set(checks.filter((check) => check.project === project).map(({ file }) => file))];
    const runs = project === 'go' ? files.map((file) => [file]) : [files];
    for (const group of runs) {
      const colour = project === 'go' ? await runGo(copy, group[0] ?? '') : await runVitest(copy, project, group);
      if (colour !== 'green') unsound.push(`${project}: ${group.join(' ')}`);
    }
  }
  return unsound;
};
