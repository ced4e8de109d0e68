/**
 * Starts a real server program for a test and sees to its end. Not for programs that outlive the process that started
 * them: a daemon dies with its starter, even when that is killed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

export type Daemon = {
  pid: number;
  /** Asks the program to end and waits until it has; a second call, or one after `kill`, does nothing. */
  stop(): Promise<void>;
  /** Ends the program as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
};

export type DaemonOptions = {
  argv: readonly [string, ...string[]];
  /** The line of its output that says it takes connections. */
  readyLine: RegExp;
  /** Asks it to end in an orderly way. */
  stopSignal: NodeJS.Signals;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Who runs it; needs root. */
  user?: { uid: number; gid: number };
};

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
const SETPRIV = '/usr/bin/setpriv';

// The kernel sends the signal when the thread that started the program is gone, so a crashed test leaves none behind.
const boundToStarter = (argv: DaemonOptions['argv'], signal: NodeJS.Signals): [string, ...string[]] =>
  existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', signal.replace('SIG', ''), ...argv] : [...argv];

/**
 * Starts a program and waits until it says that it is ready.
 * @throws Error with the program's last output when it ends or stays silent for 30 s
 */
export const startDaemon = async (options: DaemonOptions): Promise<Daemon> => {
  const [command, ...args] = boundToStarter(options.argv, options.stopSignal);
  const child = spawn(command, args, {
    cwd: options.cwd ?? '/',
    env: options.env ?? { PATH: process.env.PATH, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group, so that a signal reaches the program's own children too
    ...options.user,
  });
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, signal);
  };
  const hasEnded = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    signalGroup(signal);
    const giveUp = setTimeout(() => signalGroup('SIGKILL'), STOP_TIMEOUT_MS);
    await hasEnded;
    clearTimeout(giveUp);
  };
  try {
    await untilReady(child, options);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  return { pid: Number(child.pid), stop: () => end(options.stopSignal), kill: () => end('SIGKILL') };
};

const untilReady = (child: ReturnType<typeof spawn>, { argv, readyLine }: DaemonOptions): Promise<void> => {
  let output = '';
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      clearTimeout(timer);
      reject(new Error(`${argv[0]} ${what}\n${output.slice(-4000)}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
    const listen = (chunk: Buffer): void => {
      // Only what was said before it was ready explains a failed start; afterwards the output is read and dropped.
      if (output.length < 64_000) output += chunk.toString();
      if (!readyLine.test(output)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => fail(`ended with ${signal ?? `exit code ${code}`}`));
  });
};
