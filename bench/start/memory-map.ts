/**
 * Where the memory of an idle core goes: what importing each of its packages costs alone, as npm installs it. They share
 * much, so it is no sum, and the bundle leaves out what the core does not use of them.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CORE = join(import.meta.dirname, '../../core');
const PROGRAM = fileURLToPath(import.meta.resolve('./import-cost.ts'));
const LOADER = import.meta.resolve('../lib/loader.ts');
const FLAGS = ['--disable-warning=ExperimentalWarning', '--expose-gc', '--import', LOADER];
const MB = 1e6;

export interface ImportCost {
  name: string;
  bytes: number;
  tookMs: number;
}

const APP = 'the whole core';
/** What the core loads of it, where that is not the package's own entry. */
const ENTRIES: Record<string, string> = {
  [APP]: join(CORE, 'src/app.ts'),
  'drizzle-orm': 'drizzle-orm/node-postgres',
};

const measure = async (name: string): Promise<ImportCost> => {
  const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, PROGRAM, ENTRIES[name] ?? name], {
    cwd: CORE,
  });
  return { name, ...(JSON.parse(stdout) as Omit<ImportCost, 'name'>) };
};

/** The heaviest first. */
export const listImportCosts = async (): Promise<ImportCost[]> => {
  const { dependencies } = JSON.parse(await readFile(join(CORE, 'package.json'), 'utf8')) as { dependencies: object };
  const costs: ImportCost[] = [];
  const names = Object.keys(dependencies).filter((name) => !name.startsWith('@serverbox/'));
  for (const name of [APP, ...names]) costs.push(await measure(name));
  return costs.sort((left, right) => right.bytes - left.bytes);
};

export const describeImportCosts = (costs: readonly ImportCost[]): string => {
  const told = costs.map(({ name, bytes, tookMs }) => `${name} ${Math.round(bytes / MB)} MB ${Math.round(tookMs)} ms`);
  return `importing alone, not bundled: ${told.join(', ')}`;
};
