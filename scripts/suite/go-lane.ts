import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../lib/platform.mjs';
import { runCommand } from './command.ts';
import { countGoReport } from './go-report.ts';
import type { LaneContext, LaneResult } from './lane.ts';
import { countAsOne, requireTests } from './lane.ts';

const MIN_MINOR = 26;
const CANDIDATES = ['go', '/usr/local/go/bin/go'];

const findGo = async (): Promise<string | undefined> => {
  for (const path of CANDIDATES) {
    try {
      const { stdout } = await promisify(execFile)(path, ['env', 'GOVERSION']);
      if (Number(/^go1\.(\d+)/.exec(stdout)?.[1]) >= MIN_MINOR) return path;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return undefined;
};

const runGo = async (args: readonly string[], context: LaneContext) => {
  const go = await findGo();
  if (go === undefined) {
    const all = `Go 1.${MIN_MINOR} or newer was not found on the PATH or in /usr/local/go: the agent cannot be tested.\n`;
    return { isOk: false, stdout: '', all };
  }
  const { env, signal } = context;
  return await runCommand([go, ...args], { cwd: join(root, 'agent'), env, signal, output: 'keep' });
};

const show = (context: LaneContext, result: LaneResult): LaneResult => {
  if (context.output === 'show') process.stdout.write(result.output);
  return result;
};

/** `go vet`, as one test. */
export const runGoVet = async (context: LaneContext): Promise<LaneResult> => {
  const { isOk, all } = await runGo(['vet', './...'], context);
  return show(context, countAsOne(isOk, all));
};

/** The agent's own tests under the race detector. */
export const runGoTest = async (context: LaneContext): Promise<LaneResult> => {
  const { isOk, stdout, all } = await runGo(['test', '-race', '-json', './...'], context);
  const result = countGoReport(stdout);
  if (!isOk && result.failed === 0) return show(context, { ...result, failed: 1, output: all });
  return show(context, requireTests(result));
};
