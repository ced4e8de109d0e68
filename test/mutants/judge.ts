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

/** For one check, and for all checks of a project together. */
const CHECK_TIMEOUT_MS = 180_000;
const ALL_TIMEOUT_MS = 15 * 60_000;
const Report = z.object({ numPassedTests: z.int(), numFailedTests: z.int() });

type Run = { isOk: boolean; output: string };

/** Without what a test runner tells its own children, when this is one of them. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST') && name !== 'NODE_ENV'));

const run = (command: string, args: readonly string[], cwd: string, timeout: number): Promise<Run> =>
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

type Wanted = { project: string; files: readonly string[]; tests: string | undefined; timeoutMs: number };

const runVitest = async (copy: Copy, { project, files, tests, timeoutMs }: Wanted): Promise<Colour> => {
  const dir = await mkdtemp(join(tmpdir(), 'serverbox-verdict-'));
  const reportPath = join(dir, 'report.json');
  const names = tests === undefined ? [] : ['-t', tests];
  const reporter = ['--reporter=json', `--outputFile=${reportPath}`];
  try {
    const vitest = join(copy.path, 'node_modules/vitest/vitest.mjs');
    const args = [vitest, 'run', '--project', project, ...reporter, ...names, ...files];
    const { isOk } = await run(process.execPath, args, copy.path, timeoutMs);
    const report = await readFile(reportPath, 'utf8').catch(() => undefined);
    if (report === undefined) return 'idle';
    // An error that no test caught makes the run fail although its tests pass: as red as a failed test.
    const { numPassedTests, numFailedTests } = Report.parse(JSON.parse(report));
    return colourOf(isOk, numPassedTests + numFailedTests > 0);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

const runGo = async (copy: Copy, { files: [packagePath = '.'], tests = '.', timeoutMs }: Wanted): Promise<Colour> => {
  const args = ['test', '-count=1', '-v', '-run', tests, packagePath];
  const { isOk, output } = await run('go', args, join(copy.path, 'agent'), timeoutMs);
  return colourOf(isOk, /^=== RUN/m.test(output));
};

const runWanted = (copy: Copy, wanted: Wanted): Promise<Colour> =>
  wanted.project === 'go' ? runGo(copy, wanted) : runVitest(copy, wanted);

/** Each check has to notice the bug by itself. */
const runChecks = async (copy: Copy, { checks }: Mutant): Promise<Verdict> => {
  for (const check of checks) {
    const { project, file, tests } = check;
    const colour = await runWanted(copy, { project, files: [file], tests, timeoutMs: CHECK_TIMEOUT_MS });
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

/** The checks of one project in as few runs as there can be: those that name tests, and those that mean a whole file. */
const gather = (checks: readonly Check[]): Check[][] =>
  [...new Set(checks.map((check) => check.project))].flatMap((project) => {
    const own = checks.filter((check) => check.project === project);
    if (project === 'go') return own.map((check) => [check]);
    return [own.filter(({ tests }) => tests !== undefined), own.filter(({ tests }) => tests === undefined)];
  });

/** Checks that fail without any bug planted: what they say about a mutant means nothing. */
export const listUnsound = async (copy: Copy, mutants: readonly Mutant[]): Promise<string[]> => {
  const unsound: string[] = [];
  for (const group of gather(mutants.flatMap((mutant) => mutant.checks))) {
    const [first] = group;
    if (first === undefined) continue;
    const files = [...new Set(group.map(({ file }) => file))];
    const names = [...new Set(group.flatMap(({ tests }) => tests ?? []))];
    const tests = names.length === 0 ? undefined : names.join('|');
    const { project } = first;
    const colour =
      project === 'go' ? await runGo(copy, first.file, tests) : await runVitest(copy, project, files, tests);
    if (colour !== 'green') unsound.push(`${project}: ${files.join(' ')}`);
  }
  return unsound;
};
