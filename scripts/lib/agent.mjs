// @ts-check
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { areOtherAgentsStale, ensureAgent } from '../build-agent.mjs';

const PROGRAM = fileURLToPath(new URL('../build-agent.mjs', import.meta.url));

/**
 * Builds the agent for this machine if its sources changed. Without Go the core runs all the same; only this machine
 * cannot be enrolled, so the problem is a line and not an error.
 * @param {(what: string) => void} busy called when there is something to build
 */
export const ensureAgentStep = async (busy) => {
  const { built, problem } = await ensureAgent({ log: busy });
  if (problem !== null) return { outcome: problem, value: problem };
  if (areOtherAgentsStale()) buildOthersMeanwhile();
  return { outcome: built ? 'built' : 'up to date', value: undefined };
};

/** For machines of another kind than this one. The core hands them out as soon as they are there; nobody waits for them. */
const buildOthersMeanwhile = () => {
  spawn(process.execPath, [PROGRAM, '--others'], { detached: true, stdio: 'ignore' }).unref();
};
