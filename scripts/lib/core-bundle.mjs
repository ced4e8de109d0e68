// @ts-check
// The core as it is shipped: see scripts/bundle-core.mjs for what the bundle is and why.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findText } from './dependencies.mjs';
import { pinnedNode, pinnedNodeEnvironment, root } from './platform.mjs';
import { fingerprint } from './sources.mjs';
import { runQuietly } from './steps.mjs';

const SOURCES = ['core/src', 'contract/src', 'package-lock.json', 'scripts/bundle-core.mjs'];

const ENTRY = 'core/dist/main.mjs';

/**
 * Arguments for the pinned Node that run the bundle in the checkout. The young generation of the heap is kept small:
 * after 1,500 requests a core held 305 MB with V8's own limit and 205 MB with this one.
 */
export const BUNDLED_CORE = ['--max-semi-space-size=4', ENTRY];

/** A fingerprint of everything the bundle is made from. @param {string} base the checkout */
export const fingerprintCore = (base) => fingerprint(base, SOURCES);

/**
 * Bundles the core into core/dist, unless its sources are those of the last build.
 * @param {(what: string) => void} busy called when there is something to build
 */
export const ensureCore = async (busy) => {
  const cache = join(root, '.cache');
  const marker = join(cache, 'core-sources');
  const wanted = fingerprintCore(root);
  if (findText(marker) === wanted && existsSync(join(root, ENTRY))) return { outcome: 'up to date', value: undefined };
  busy('building');
  const script = join(root, 'scripts', 'bundle-core.mjs');
  await runQuietly([pinnedNode(), script], { cwd: root, env: pinnedNodeEnvironment() });
  mkdirSync(cache, { recursive: true });
  writeFileSync(marker, wanted);
  return { outcome: 'built', value: undefined };
};
