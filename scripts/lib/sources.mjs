// @ts-check
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

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

/**
 * A fingerprint of everything that a build reads.
 * @param {string} base the checkout @param {readonly string[]} sources files and folders, relative to it
 */
export const fingerprint = (base, sources) => {
  /** @type {string[]} */
  const lines = [];
  for (const source of sources) listSources(source, base, lines);
  return createHash('sha256').update(lines.join('\n')).digest('hex');
};
