// @ts-check
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findText } from './dependencies.mjs';
import { pinnedNode, pinnedNodeEnvironment, root } from './platform.mjs';
import { fingerprint } from './sources.mjs';
import { runQuietly } from './steps.mjs';

/** A fingerprint of everything the dashboard is built from. @param {string} base the checkout */
export const fingerprintDashboard = (base) => fingerprint(base, ['dashboard', 'contract', 'package-lock.json']);

/**
 * Builds the dashboard into dashboard/dist, unless its sources are those of the last build.
 * @param {(what: string) => void} busy called when there is something to build
 */
export const ensureDashboard = async (busy) => {
  const cache = join(root, '.cache');
  const marker = join(cache, 'dashboard-sources');
  const wanted = fingerprintDashboard(root);
  const isBuilt = findText(marker) === wanted && existsSync(join(root, 'dashboard', 'dist', 'index.html'));
  if (isBuilt) return { outcome: 'up to date', value: undefined };
  busy('building');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  await runQuietly([pinnedNode(), vite, 'build'], {
    cwd: join(root, 'dashboard'),
    env: { ...pinnedNodeEnvironment(), NODE_ENV: 'production' },
  });
  mkdirSync(cache, { recursive: true });
  writeFileSync(marker, wanted);
  return { outcome: 'built', value: undefined };
};
