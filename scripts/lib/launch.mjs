// @ts-check
// From a checkout to a running core: dependencies, dashboard, core, agent, then the core on the pinned Node. Every step asks
// first whether there is anything to do; when there is not, the whole costs a few stats.
import { ensureAgentStep } from './agent.mjs';
import { BUNDLED_CORE, ensureCore } from './core-bundle.mjs';
import { ensureDashboard } from './dashboard.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { handOver } from './handover.mjs';
import { checkPlatform } from './platform.mjs';
import { runMain, step } from './steps.mjs';

/** @param {readonly string[]} args passed on to the core */
export const launch = (args) =>
  runMain(async () => {
    if (!checkPlatform()) return;
    await step('dependencies', ensureDependencies);
    await step('dashboard', ensureDashboard);
    await step('core', ensureCore);
    await step('agent', ensureAgentStep);
    handOver([...BUNDLED_CORE, ...args]);
  });
