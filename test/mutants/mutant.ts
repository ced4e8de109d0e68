/**
 * A seeded mutant: a bug that somebody could write, as a patch, and the tests that have to notice it. The text before the diff
 * says which:
 *
 *     What goes wrong, in one sentence.
 *     Check: unit core/src/lib/link/quote.test.ts -t IN-3
 *     Check: go ./internal/policy -run TestThePolicyOfNothingPermitsNothing
 *
 * A check is a project of the suite, a file, and optionally a pattern of test names; `go` takes a package instead of a file.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

export type Check = { project: string; file: string; tests: string | undefined };

export type Mutant = {
  /** The file's name without its ending: `e-exit-code-dropped`. */
  name: string;
  path: string;
  sentence: string;
  checks: readonly [Check, ...Check[]];
};

const CHECK = /^Check: (\w+) (\S+)(?: (?:-t|-run) (.+))?$/;

const parseCheck = (line: string): Check => {
  const [, project, file, tests] = CHECK.exec(line) ?? [];
  if (project === undefined || file === undefined) throw new Error(`not a check: ${line}`);
  return { project, file, tests };
};

/** @throws Error when the text before the diff does not say what it should */
const parseMutant = (path: string, text: string): Mutant => {
  const head = text.slice(0, text.search(/^--- /m)).trim().split('\n');
  const [first, ...others] = head.filter((line) => line.startsWith('Check: ')).map(parseCheck);
  const sentence = head.filter((line) => !line.startsWith('Check: ')).join(' ');
  if (first === undefined || sentence === '') throw new Error(`${path}: a sentence and a check stand before the diff`);
  return { name: basename(path, '.patch'), path, sentence, checks: [first, ...others] };
};

/** Every mutant of this directory, by name. */
export const listMutants = async (): Promise<Mutant[]> => {
  const names = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.patch')).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(import.meta.dirname, name);
      return parseMutant(path, await readFile(path, 'utf8'));
    }),
  );
};
