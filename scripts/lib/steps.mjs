// @ts-check
// One line for each step of a start: its name, what happened, how long it took.
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/**
 * Runs one step and prints its line. While `work` runs on a terminal, the line says what is being done; elsewhere only
 * a step that calls `busy` gets a second line.
 * @template T
 * @param {string} name
 * @param {(busy: (what: string) => void) => Promise<{ outcome: string, value: T }>} work
 * @returns {Promise<T>}
 */
export const step = async (name, work) => {
  const startedAt = performance.now();
  const out = process.stdout;
  const label = `  ${name.padEnd(14)}`;
  const rewind = out.isTTY ? '\r\x1b[2K' : '';
  const { outcome, value } = await work((what) => out.write(`${rewind}${label}${what} …${out.isTTY ? '' : '\n'}`));
  out.write(`${rewind}${label}${outcome.padEnd(40)} ${formatDuration(performance.now() - startedAt)}\n`);
  return value;
};

/** @param {number} durationMs */
const formatDuration = (durationMs) =>
  durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`;

/** A step failed in a way the user can read; the scripts print `message` and `output`, no stack. */
export class StepError extends Error {
  /** @param {string} message @param {string} output of the program that failed */
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

// npm says what is wrong first and lists its options last, vite does it the other way round.
const KEPT_LINES = 25;

/** @param {string} text */
const shorten = (text) => {
  const lines = stripVTControlCharacters(text).trimEnd().split('\n');
  if (lines.length <= 2 * KEPT_LINES) return lines.join('\n');
  return [...lines.slice(0, KEPT_LINES), '…', ...lines.slice(-KEPT_LINES)].join('\n');
};

/**
 * Runs a program to its end without showing its output.
 * @param {readonly [string, ...string[]]} argv
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<void>}
 * @throws StepError with the program's output, its middle left out when long, when it does not exit with 0
 */
export const runQuietly = ([command, ...args], { cwd, env = process.env }) =>
  new Promise((resolve, reject) => {
    /** @type {string[]} */
    const chunks = [];
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(String(chunk)));
    child.once('error', (cause) => reject(new StepError(`${command} could not be started: ${cause.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new StepError(
            `${command} ${args.join(' ')} failed (${signal ?? `exit code ${code}`})`,
            shorten(chunks.join('')),
          ),
        );
    });
  });

/**
 * Runs an entry script's main function; a StepError becomes its message, the program's output and exit code 1.
 * @param {() => Promise<void>} main
 */
export const runMain = async (main) => {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    if (error.output !== '') console.error(`\n${error.output}`);
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
};
