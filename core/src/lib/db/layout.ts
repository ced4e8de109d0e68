/** Where the embedded server's files are, made ready for its user. Every obstacle becomes one clear sentence. */
import { chown, mkdir, mkdtemp, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { Binaries } from './binaries.ts';
import { copyBinaries, ensureBinaries, findPackageDir } from './binaries.ts';
import { letPass, listBarriers } from './reachable.ts';
import type { ServerUser } from './server-user.ts';
import { ensureServerUser } from './server-user.ts';

export interface Layout {
  user: ServerUser;
  binaries: Binaries;
  /** Owned by the server's user, 0700; the three below are in it. */
  homeDir: string;
  clusterDir: string;
  /** Holds the socket. Whoever can enter it is the database's superuser. */
  runDir: string;
  logDir: string;
}

/** For what the server's user cannot reach where it is, such as a checkout below /root. */
export const SYSTEM_DIR = '/var/lib/serverbox';
const SOCKET_NAME = '.s.PGSQL.5432';
/** `sun_path` of `struct sockaddr_un` has 108 bytes, the last of which is zero. */
const MAX_SOCKET_PATH_BYTES = 107;

const SENTENCES: Record<string, (dir: string) => string> = {
  EACCES: (dir) => `The data directory ${dir} is not writable for this user.`,
  EPERM: (dir) => `The data directory ${dir} is not writable for this user.`,
  EROFS: (dir) => `The data directory ${dir} is on a read-only file system.`,
  ENOTDIR: (dir) => `The data directory ${dir} is not a directory.`,
  EEXIST: (dir) => `The data directory ${dir} is not a directory.`,
  ENOSPC: (dir) => `There is no space left on the disk of the data directory ${dir}.`,
  EDQUOT: (dir) => `There is no space left on the disk of the data directory ${dir}.`,
  ENAMETOOLONG: (dir) => `The path of the data directory ${dir} is too long.`,
};

/** Runs `work`; what the file system refuses becomes an AppError that names the data directory. */
export const inDataDir = async <T>(dataDir: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const sentence = SENTENCES[code];
    if (error instanceof AppError || sentence === undefined) throw error;
    throw new AppError('database_unavailable', sentence(dataDir), { cause: error });
  }
};

const checkSocketPath = (path: string): void => {
  const tooMany = Buffer.byteLength(path) - MAX_SOCKET_PATH_BYTES;
  if (tooMany > 0) {
    throw new AppError(
      'database_unavailable',
      `The path of the data directory is ${tooMany} bytes too long for a unix socket: ${path}`,
    );
  }
};

/** Creates the data directory, for its owner only. @throws AppError `database_unavailable` */
export const ensureDataDir = async (dataDir: string): Promise<string> =>
  inDataDir(dataDir, async () => {
    checkSocketPath(join(dataDir, 'postgres/run', SOCKET_NAME));
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    return realpath(dataDir);
  });

const ensureOwnedDir = async (dir: string, user: ServerUser): Promise<void> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) await chown(dir, user.uid, user.gid);
};

/** A home outside the data directory, with a link where one would look for it. */
const moveAway = async (homeDir: string, systemDir: string): Promise<void> => {
  await mkdir(systemDir, { recursive: true, mode: 0o755 });
  // Never a name that could have been used before: an earlier installation's database must not come back to life.
  const otherDir = await mkdtemp(join(systemDir, 'data-'));
  await symlink(otherDir, homeDir);
};

const ensureHome = async (dataDir: string, systemDir: string): Promise<{ homeDir: string; user: ServerUser }> => {
  const homeDir = join(dataDir, 'postgres');
  const user = await ensureServerUser(homeDir);
  const barriers = process.getuid?.() === 0 ? await listBarriers(dataDir, user) : [];
  if (barriers.includes(dataDir)) await letPass(dataDir, user);
  const isReachable = barriers.every((dir) => dir === dataDir);
  const found = await realpath(homeDir).catch(() => undefined);
  if (found === undefined && !isReachable) await moveAway(homeDir, systemDir);
  if (found === undefined && isReachable) await ensureOwnedDir(homeDir, user);
  return { homeDir: await realpath(homeDir), user };
};

const ensureReachableBinaries = async (user: ServerUser, systemDir: string): Promise<Binaries> => {
  const packageDir = findPackageDir();
  if (process.getuid?.() !== 0 || (await listBarriers(packageDir, user)).length === 0)
    return ensureBinaries(packageDir);
  await mkdir(systemDir, { recursive: true, mode: 0o755 });
  return ensureBinaries(await copyBinaries(packageDir, systemDir));
};

/** @throws AppError `database_unavailable` */
export const prepareLayout = async (dataDir: string, systemDir: string): Promise<Layout> =>
  inDataDir(dataDir, async () => {
    const { homeDir, user } = await ensureHome(dataDir, systemDir);
    const layout: Layout = {
      user,
      homeDir,
      binaries: await ensureReachableBinaries(user, systemDir),
      clusterDir: join(homeDir, 'data'),
      runDir: join(homeDir, 'run'),
      logDir: join(homeDir, 'log'),
    };
    checkSocketPath(join(layout.runDir, SOCKET_NAME));
    for (const dir of [homeDir, layout.runDir, layout.logDir]) await ensureOwnedDir(dir, user);
    return layout;
  });

export const socketPath = (layout: Layout): string => join(layout.runDir, SOCKET_NAME);
