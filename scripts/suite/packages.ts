import type { Program } from '../../lab/programs.ts';
import { isRoot } from '../../lab/system-user.ts';
import { StepError } from '../lib/steps.mjs';
import { runCommand } from './command.ts';

/** The Debian packages that would bring the missing ones among these programs, in alphabetical order. */
export const listMissingPackages = (programs: Iterable<Program>): string[] => {
  const missing = [...programs].filter((program) => program.find() === undefined);
  return [...new Set(missing.flatMap((program) => program.package.split(' ')))].sort();
};

/** The tests need programs that only the machine's owner can install; `message` holds the command for it. */
export class MissingPackagesError extends Error {}

/**
 * Installs what is missing, as root; does nothing when all is there.
 * @throws MissingPackagesError as another user, StepError when apt fails
 */
export const ensurePackages = async (packages: readonly string[], signal: AbortSignal): Promise<void> => {
  if (packages.length === 0) return;
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...packages] as const;
  if (!isRoot())
    throw new MissingPackagesError(
      `The tests need programs that are missing here. Install them with:\nsudo ${install.join(' ')}`,
    );
  // RUNLEVEL=1 keeps the packages' own services from starting: the tests start theirs, on ports of their own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  for (const command of [['apt-get', 'update'] as const, install]) {
    const { isOk, all } = await runCommand(command, { env, signal, output: 'keep' });
    if (!isOk) throw new StepError(`${command.join(' ')} failed`, all);
  }
};
