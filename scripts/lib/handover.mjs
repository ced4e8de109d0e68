// @ts-check
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { pinnedNode, pinnedNodeEnvironment, pinnedNodeFlags, root } from './platform.mjs';

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Hands this process over to a script on the pinned Node, with the same terminal, arguments and exit code. Where Node
 * can (24 and newer), the script takes this process's place, so that no second process stands between the service
 * manager and the core; else a child runs and gets our signals, each once.
 * @param {readonly string[]} argv flags of Node, the script's path relative to the checkout, its arguments
 */
export const handOver = (argv) => {
  const command = [...pinnedNodeFlags, ...argv];
  process.chdir(root);
  // execve is young and says so on every call; the warning would be the first line of every start.
  process.removeAllListeners('warning');
  process.execve?.(pinnedNode(), [pinnedNode(), ...command], pinnedNodeEnvironment());
  runAsChild(command);
};

/** @param {string[]} command */
const runAsChild = (command) => {
  // A process group of its own: Ctrl-C reaches it through us only, and so once.
  const child = spawn(pinnedNode(), command, { env: pinnedNodeEnvironment(), stdio: 'inherit', detached: true });
  for (const signal of FORWARDED) {
    let isForwarded = false;
    process.on(signal, () => {
      if (!isForwarded) child.kill(signal);
      isForwarded = true;
    });
  }
  child.once('error', (error) => {
    console.error(`${pinnedNode()} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
};
