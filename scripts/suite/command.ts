import { spawn } from 'node:child_process';
import { root } from '../lib/platform.mjs';

export type CommandOptions = {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Ends the command and everything it started. */
  signal: AbortSignal;
  /** `show` lets its output through as it comes, `keep` returns it. */
  output: 'show' | 'keep';
};

export type CommandResult = { isOk: boolean; stdout: string; all: string };

const KILL_AFTER_MS = 15_000;

/** Runs a command without input to its end. A command that cannot be started or is aborted has failed; nothing is thrown. */
export const runCommand = (
  [command, ...args]: readonly [string, ...string[]],
  { cwd = root, env = process.env, signal, output }: CommandOptions,
): Promise<CommandResult> =>
  new Promise((resolve) => {
    const kept = { stdout: '', all: '' };
    // A process group of its own, so that an abort reaches the browsers and workers a test runner has started.
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const endGroup = (how: NodeJS.Signals): void => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, how);
    };
    const abort = (): void => {
      endGroup('SIGTERM');
      setTimeout(() => endGroup('SIGKILL'), KILL_AFTER_MS).unref();
    };
    child.stdout.on('data', (chunk: Buffer) => {
      if (output === 'show') process.stdout.write(chunk);
      else kept.stdout += chunk.toString();
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        if (output === 'keep') kept.all += chunk.toString();
        else if (stream === child.stderr) process.stderr.write(chunk);
      });
    const finish = (isOk: boolean): void => {
      signal.removeEventListener('abort', abort);
      resolve({ isOk: isOk && !signal.aborted, ...kept });
    };
    child.once('error', (error) => {
      kept.all += `${command} could not be started: ${error.message}\n`;
      if (output === 'show') process.stderr.write(kept.all);
      finish(false);
    });
    child.once('close', (code) => finish(code === 0));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
