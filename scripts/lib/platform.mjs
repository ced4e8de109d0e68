// @ts-check
// Where the checkout is and which Node runs it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

// The pinned Node and the embedded PostgreSQL are linked against glibc and ask for its loader by these names.
const GLIBC_LOADERS = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' };

/**
 * Says in one sentence why Server Box cannot run here, or undefined when it can.
 * @param {{ platform: string, arch: string, hasFile: (path: string) => boolean }} facts
 * @returns {string | undefined}
 */
export const findPlatformProblem = ({ platform, arch, hasFile }) => {
  if (platform !== 'linux') return `Server Box runs on Linux; this is ${platform}.`;
  if (arch !== 'x64' && arch !== 'arm64') return `Server Box runs on x64 and arm64; this machine is ${arch}.`;
  if (!hasFile(GLIBC_LOADERS[arch]))
    return `Server Box needs a glibc system such as Debian, Ubuntu or Fedora; ${GLIBC_LOADERS[arch]} is missing here (musl systems such as Alpine are not supported).`;
  return undefined;
};

/** The same for this machine; sets exit code 2 and prints the sentence. @returns {boolean} whether the caller may go on */
export const checkPlatform = () => {
  const problem = findPlatformProblem({ platform: process.platform, arch: process.arch, hasFile: existsSync });
  if (problem === undefined) return true;
  console.error(problem);
  process.exitCode = 2;
  return false;
};

/** Path of the pinned Node 24; it exists once the dependencies are installed. */
export const pinnedNode = () => join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');

/** What every process on the pinned Node is started with: `.ts` files run as they are, compiled once. */
export const pinnedNodeFlags = ['--disable-warning=ExperimentalWarning'];

/** Environment for a process on the pinned Node. @returns {NodeJS.ProcessEnv} */
export const pinnedNodeEnvironment = () => ({
  NODE_COMPILE_CACHE: join(root, '.cache', 'compile'),
  ...process.env,
});
