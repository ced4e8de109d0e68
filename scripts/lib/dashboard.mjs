// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findText } from './dependencies.mjs';
import { pinnedNode, pinnedNodeEnvironment, root } from './platform.mjs';
import { runQuietly } from './steps.mjs';

const SOURCES = ['dashboard', 'contract', 'package-lock.json'];
const NOT_SOURCES = new Set(['dist', 'node_modules']);

/**
 * Adds one line for each file under `path`: its name, size and time of change. Reading the files would tell no more
 * about a checkout that people edit and would cost a hundred times as much.
 * @param {string} path relative to `base` @param {string} base @param {string[]} lines
 */
const listSources = (path, base, lines) => {
  const stats = statSync(join(base, path));
  if (!stats.isDirectory()) {
    lines.push(`${path} ${stats.size} ${stats.mtimeMs}`);
    return;
  }
  for (const name of readdirSync(join(base, path)).sort())
    if (!NOT_SOURCES.has(name)) listSources(join(path, name), base, lines);
};

/** A fingerprint of everything the dashboard is built from. @param {string} base the checkout */
export const fingerprintDashboard = (base) => {
  /** @type {string[]} */
  const lines = [];
  for (const source of SOURCES) listSources(source, base, lines);
  return createHash('sha256').update(lines.join('\n')).digest('hex');
};

/**
 * Builds the dashboard into dashboard/dist, unless its sources are those of the last build.
 * @param {(what: string) => void} busy called when there is something to build
 */
export const ensureDashboard = async (busy) => {
  const cache = join(root, '.cache');
  const marker = join(cache, 'dashboard-sources');
  const fingerprint = fingerprintDashboard(root);
  const isBuilt = findText(marker) === fingerprint && existsSync(join(root, 'dashboard', 'dist', 'index.html'));
  if (isBuilt) return { outcome: 'up to date', value: undefined };
  busy('building');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  await runQuietly([pinnedNode(), vite, 'build'], {
    cwd: join(root, 'dashboard'),
    env: { ...pinnedNodeEnvironment(), NODE_ENV: 'production' },
  });
  mkdirSync(cache, { recursive: true });
  writeFileSync(marker, fingerprint);
  return { outcome: 'built', value: undefined };
};
