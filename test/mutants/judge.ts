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

/** Tests of one project: of these files (of this package, for Go), those whose name fits the pattern. */
type Selection = { project: string; files: readonly string[]; tests: string | undefined; timeoutMs: number };

/** Without what a test runner tells its own children, when this is one of them. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST') && name !== 'NODE_ENV'));

const run = (
  [command, ...args]: readonly [string, ...string[]],
  { cwd, timeoutMs }: { cwd: string; timeoutMs: number },
): Promise<{ isOk: boolean; output: string }> =>
  new Promise((resolve) => {
    const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 } as const;
    execFile(command, args, { cwd, env: environment(), ...limits }, (error, stdout, stderr) =>
      resolve({ isOk: error === null, output: `${stdout}${stderr}` }),
    );
  });

const colourOf = (isOk: boolean, hasRun: boolean): Colour => {
  if (!hasRun) return 'idle';
  return isOk ? 'green' : 'red';
};

const runVitest = async (copy: Copy, { project, files, tests, timeoutMs }: Selection): Promise<Colour> => {
  const dir = await mkdtemp(join(tmpdir(), 'serverbox-verdict-'));
  const reportPath = join(dir, 'report.json');
  const names = tests === undefined ? [] : ['-t', tests];
  const reporter = ['--reporter=json', `--outputFile=${reportPath}`];
  try {
    const vitest = join(copy.path, 'node_modules/vitest/vitest.mjs');
    const argv = [process.execPath, vitest, 'run', '--project', project, ...reporter, ...names, ...files] as const;
    const { isOk } = await run(argv, { cwd: copy.path, timeoutMs });
    const report = await readFile(reportPath, 'utf8').catch(() => undefined);
    if (report === undefined) return 'idle';
    // An error that no test caught makes the run fail although its tests pass: as red as a failed test.
    const { numPassedTests, numFailedTests } = Report.parse(JSON.parse(report));
    return colourOf(isOk, numPassedTests + numFailedTests > 0);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

const runGo = async (copy: Copy, { files, tests = '.', timeoutMs }: Selection): Promise<Colour> => {
  const argv = ['go', 'test', '-count=1', '-v', '-run', tests, ...files] as const;
  const { isOk, output } = await run(argv, { cwd: join(copy.path, 'agent'), timeoutMs });
  return colourOf(isOk, /^=== RUN/m.test(output));
};

const runSelection = (copy: Copy, selection: Selection): Promise<Colour> =>
  selection.project === 'go' ? runGo(copy, selection) : runVitest(copy, selection);

/** Each check has to notice the bug by itself. */
const runChecks = async (copy: Copy, { checks }: Mutant): Promise<Verdict> => {
  for (const { project, file, tests } of checks) {
    const colour = await runSelection(copy, { project, files: [file], tests, timeoutMs: CHECK_TIMEOUT_MS });
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

/** All checks in as few runs as there can be: in each project those that name tests, and those that mean whole files. */
const gather = (checks: readonly Check[]): Selection[] =>
  [...new Set(checks.map((check) => check.project))].flatMap((project) => {
    const own = checks.filter((check) => check.project === project);
    const groups = [own.filter(({ tests }) => tests !== undefined), own.filter(({ tests }) => tests === undefined)];
    return groups
      .filter((group) => group.length > 0)
      .map((group) => {
        const names = [...new Set(group.flatMap(({ tests }) => tests ?? []))];
        const tests = names.length === 0 ? undefined : names.join('|');
        return { project, files: [...new Set(group.map(({ file }) => file))], tests, timeoutMs: ALL_TIMEOUT_MS };
      });
  });

/** Checks that fail without any bug planted: what they say about a mutant means nothing. */
export const listUnsound = async (copy: Copy, mutants: readonly Mutant[]): Promise<string[]> => {
  const unsound: string[] = [];
  for (const selection of gather(mutants.flatMap((mutant) => mutant.checks))) {
    const colour = await runSelection(copy, selection);
    if (colour !== 'green') unsound.push(`${selection.project} (${colour}): ${selection.files.join(' ')}`);
  }
  return unsound;
};
