// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pinnedNode, root } from './platform.mjs';
import { runQuietly, StepError } from './steps.mjs';

/** Text of a file, or undefined when there is none. @param {string} path @returns {string | undefined} */
export const findText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage
 * @typedef {{ packages: Record<string, LockedPackage> }} Lock
 */

/**
 * Whether an installation holds what the lock file names, no more and no less; optional packages of other platforms may
 * be absent. After `npm install <package>` this is so, and nothing has to be installed a second time.
 * @param {Lock} lock package-lock.json
 * @param {Lock} installed npm's own record, node_modules/.package-lock.json
 */
export const matchesLock = (lock, installed) => {
  const names = new Set([...Object.keys(lock.packages), ...Object.keys(installed.packages)]);
  names.delete(''); // the checkout itself, which only the lock file lists
  return [...names].every((name) => {
    const wanted = lock.packages[name];
    const present = installed.packages[name];
    if (wanted === undefined) return false;
    if (present === undefined) return wanted.optional === true;
    return wanted.version === present.version && wanted.integrity === present.integrity;
  });
};

/** @param {Buffer} lock */
const isInstalled = (lock) => {
  const installed = findText(join(root, 'node_modules', '.package-lock.json'));
  return (
    installed !== undefined && existsSync(pinnedNode()) && matchesLock(JSON.parse(String(lock)), JSON.parse(installed))
  );
};

/** @param {Buffer} lock */
const install = async (lock) => {
  // npm tells the scripts it runs where it lies; started without npm, the one on the PATH has to do.
  const npm = process.env.npm_execpath;
  /** @type {[string, ...string[]]} */
  const command = npm === undefined ? ['npm'] : [process.execPath, npm];
  // The build needs dev dependencies and the pinned Node is an optional one, whatever NODE_ENV and npm's settings say.
  const options = ['--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  await runQuietly([...command, 'ci', ...options], { cwd: root });
  if (!existsSync(pinnedNode())) throw new StepError(`npm left out Node 24: ${pinnedNode()} is missing.`);
  if (!isInstalled(lock))
    throw new StepError(
      'package.json asks for other packages than package-lock.json names: run npm install and commit both.',
    );
};

/**
 * Installs exactly what package-lock.json names, unless that is what node_modules already holds. The mark that says so
 * lies inside node_modules, so deleting the folder deletes the mark.
 * @param {(what: string) => void} busy called when there is something to install
 * @throws StepError when npm fails
 */
export const ensureDependencies = async (busy) => {
  const marker = join(root, 'node_modules', '.serverbox-lock');
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = `${createHash('sha256').update(lock).digest('hex')} linux-${process.arch}\n`;
  if (findText(marker) === wanted) return { outcome: 'up to date', value: undefined };
  const wasInstalled = isInstalled(lock);
  if (!wasInstalled) {
    busy('installing');
    await install(lock);
  }
  writeFileSync(marker, wanted);
  return { outcome: wasInstalled ? 'up to date' : 'installed', value: undefined };
};
