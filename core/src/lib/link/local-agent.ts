/**
 * The agent of the machine that the core runs on: started by the core, kept running, and gone when the core is gone. It is
 * an agent like any other; only its process and its enrolment are looked after here.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log, Secret } from '../log.ts';
import { logAgentLine, onLines } from './agent-log.ts';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** An agent that ran for so long was well: the next failure is a new one. */
const HEALTHY_AFTER_MS = 60_000;
const KILL_AFTER_MS = 3000;
const COMMAND_TIMEOUT_MS = 60_000;
/** The agent's own code for wrong configuration: starting it again at once changes nothing. */
const EXIT_CONFIGURATION = 2;

export interface AgentProgram {
  path: string;
  stateDir: string;
  /** What the agent may inherit; see `childEnvironment`. */
  environment: Record<string, string>;
}

export interface LocalAgentOptions {
  program: AgentProgram;
  /** Runs before every start: enrols the agent where that is needed. A failure counts as a failed start. */
  prepare(signal: AbortSignal): Promise<void>;
  clock: Clock;
  log: Log;
}

export interface LocalAgent {
  /** Ends the agent: TERM, and KILL after 3 s. */
  stop(): Promise<void>;
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Has an agent end when its stdin closes, which the kernel sees to even if the core is killed. */
const PARENT_VARIABLE = { SERVERBOX_AGENT_PARENT: '1' };

/** `spawn` gets no `AbortSignal`: it would send one signal and forget the process. */
const startProcess = (program: AgentProgram, args: readonly string[], environment = {}): ChildProcess =>
  spawn(program.path, [...args, '--state-dir', program.stateDir], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...program.environment, ...environment },
    cwd: '/',
  });

const endProcess = async (child: ChildProcess, exited: Promise<unknown>): Promise<void> => {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  await exited;
  clearTimeout(timer);
};

/** Resolves with the exit code, or a sentence when there is none; never rejects. */
const untilExit = async (child: ChildProcess): Promise<{ code: number | null; how: string }> => {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return { code, how: code === null ? `signal ${signal}` : `exit code ${code}` };
  } catch (error) {
    return { code: null, how: messageOf(error) };
  }
};

const withSignal = async <T>(signal: AbortSignal, onAbort: () => void, work: Promise<T>): Promise<T> => {
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

const runOnce = async ({ program, log }: LocalAgentOptions, signal: AbortSignal) => {
  const child = startProcess(program, ['run'], PARENT_VARIABLE);
  child.stdin?.on('error', () => undefined); // it died before us: its exit tells
  if (child.stderr !== null) onLines(child.stderr, (line) => logAgentLine(log, line));
  const exited = untilExit(child);
  return withSignal(signal, () => void endProcess(child, exited), exited);
};

const supervise = async (options: LocalAgentOptions, signal: AbortSignal): Promise<void> => {
  const { clock, log } = options;
  let delayMs = FIRST_DELAY_MS;
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs();
    let outcome: { code: number | null; how: string };
    try {
      await options.prepare(signal);
      outcome = await runOnce(options, signal);
    } catch (error) {
      outcome = { code: null, how: messageOf(error) };
    }
    if (signal.aborted) return;
    if (clock.monotonicMs() - startedMs > HEALTHY_AFTER_MS) delayMs = FIRST_DELAY_MS;
    if (outcome.code === EXIT_CONFIGURATION) delayMs = MAX_DELAY_MS;
    log.warn('local agent ended', { how: outcome.how, retryInMs: delayMs });
    await delay(delayMs, undefined, { signal }).catch(() => undefined); // stopping ends the wait
    delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
  }
};

/**
 * Keeps the local agent running until `stop`. Where its program is missing, that is logged once and the rest of the product
 * runs on: other nodes need nothing of it.
 */
export const startLocalAgent = (options: LocalAgentOptions): LocalAgent => {
  const stopping = new AbortController();
  const { program, log } = options;
  const run = async () => {
    if (await isExecutable(program.path)) return supervise(options, stopping.signal);
    log.warn('local agent is not available: this machine is not shown', { program: program.path });
  };
  const running = run().catch((error: unknown) => log.error('local agent supervision failed', { error }));
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};

/**
 * Runs one of the agent's commands to its end, with `input` (a token, never an argument) on stdin.
 * @throws Error with the last line that the command printed, unless it exits with 0
 */
export const runAgentCommand = async (
  program: AgentProgram,
  args: readonly string[],
  { input, signal }: { input: Secret; signal: AbortSignal },
): Promise<void> => {
  const child = startProcess(program, args);
  let lastLine = '';
  if (child.stderr !== null) {
    onLines(child.stderr, (line) => {
      lastLine = line;
    });
  }
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(`${input.reveal()}\n`);
  const exited = untilExit(child);
  const both = AbortSignal.any([signal, AbortSignal.timeout(COMMAND_TIMEOUT_MS)]);
  const { code, how } = await withSignal(both, () => void endProcess(child, exited), exited);
  if (code !== 0) throw new Error(`${args[0]} ended with ${how}: ${lastLine}`);
};
