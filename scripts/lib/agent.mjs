// @ts-check
import { ensureAgent } from '../build-agent.mjs';

/**
 * Builds the agent for this machine if its sources changed. Without Go the core runs all the same; only this machine
 * cannot be enrolled, so the problem is a line and not an error.
 * @param {(what: string) => void} busy called when there is something to build
 */
export const ensureAgentStep = async (busy) => {
  const { built, problem } = await ensureAgent({ log: busy });
  if (problem !== null) return { outcome: problem, value: problem };
  return { outcome: built ? 'built' : 'up to date', value: undefined };
};
