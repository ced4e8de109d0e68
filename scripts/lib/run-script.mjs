// @ts-check
import { ensureDependencies } from './dependencies.mjs';
import { handOver } from './handover.mjs';
import { checkPlatform } from './platform.mjs';
import { runMain } from './steps.mjs';

/** @param {readonly string[]} argv the script, then its arguments */
export const runScript = ([script, ...args]) =>
  runMain(async () => {
    if (script === undefined) {
      console.error('usage: node scripts/run.mjs <script.ts> [arguments]');
      process.exitCode = 2;
      return;
    }
    if (!checkPlatform()) return;
    await ensureDependencies((what) => console.error(`dependencies: ${what} …`));
    handOver([script, ...args]);
  });
