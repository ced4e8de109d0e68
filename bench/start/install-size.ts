/** What an installation without development tools weighs, package by package, by npm's own record of what is installed. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** Node itself comes as a package; the other architecture's builds are never installed beside ours. */
const IS_NODE = /(^|\/)node-linux-/;
/** Only for building the dashboard, whose result is what is installed. */
const IS_LINK = (entry: { link?: boolean }) => entry.link === true;

interface Entry {
  dev?: boolean;
  link?: boolean;
}

const sizeOf = async (path: string): Promise<number> => {
  const stats = await stat(path);
  if (!stats.isDirectory()) return stats.size;
  const names = await readdir(path);
  // A package inside another one has an entry of its own.
  const sizes = await Promise.all(
    names.filter((name) => name !== 'node_modules').map((name) => sizeOf(join(path, name))),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

interface Lock {
  packages: Record<string, Entry & { dependencies?: object; optionalDependencies?: object }>;
}

/** Where `name` is found from the folder `from`, as Node looks for it. */
const locate = (packages: Lock['packages'], from: string, name: string): string | undefined => {
  for (let folder = from; ; folder = folder.replace(/(^|\/)[^/]*$/, '')) {
    const path = join(folder, 'node_modules', name);
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
};

/** Every package that the core needs to run, itself left out. */
const reachable = (packages: Lock['packages'], root: string): Set<string> => {
  const seen = new Set<string>();
  const visit = (from: string): void => {
    const { dependencies = {}, optionalDependencies = {} } = packages[from] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const path = locate(packages, from, name);
      if (path === undefined || seen.has(path)) continue;
      seen.add(path);
      visit(path);
    }
  };
  visit(root);
  return seen;
};

export interface InstalledPackage {
  path: string;
  bytes: number;
}

/** The heaviest first. */
export const listProductionPackages = async (): Promise<InstalledPackage[]> => {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
  const installed = JSON.parse(await readFile(join(ROOT, 'node_modules/.package-lock.json'), 'utf8')) as Lock;
  const paths = [...reachable(packages, 'core')].filter((path) => {
    const entry = installed.packages[path];
    return entry !== undefined && !IS_LINK(entry) && !IS_NODE.test(path);
  });
  const sizes = await Promise.all(paths.map(async (path) => ({ path, bytes: await sizeOf(join(ROOT, path)) })));
  return sizes.sort((left, right) => right.bytes - left.bytes);
};
