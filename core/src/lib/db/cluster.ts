/** Makes the embedded server's data directory, once. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { Layout } from './layout.ts';

/** Who connects over the socket; the only user of the cluster that may log in. */
export const SUPERUSER = 'serverbox';

/** No setting and no secret of ours reaches the server's processes. */
const SERVER_ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };

/** What a child must run with to be the server's user; as ourselves when we are not root. */
export const asServerUser = (layout: Layout) => ({
  ...(process.getuid?.() === 0 ? { uid: layout.user.uid, gid: layout.user.gid } : {}),
  cwd: '/',
  env: SERVER_ENVIRONMENT,
});

const PREFIX = 'data.init-';
/** Retried: an initdb that outlived a killed core may still write. */
const REMOVAL = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 };

/** Settles when initdb and the servers that it starts are gone, so that its directory can be removed. */
const runInitdb = (layout: Layout, target: string, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const args = ['-D', target, '-U', SUPERUSER, '-k', '--locale=C.UTF-8', '--encoding=UTF8', '--auth-local=trust'];
    const child = spawn(layout.binaries.initdb, [...args, '--auth-host=reject', '--no-instructions'], {
      ...asServerUser(layout),
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true, // a process group of its own, to be ended as one
    });
    const abort = (): void => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    };
    signal?.addEventListener('abort', abort, { once: true });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-4000);
    });
    child.once('error', (cause) => reject(initdbError(layout, cause.message, cause)));
    child.once('close', (code, killedBy) => {
      signal?.removeEventListener('abort', abort);
      if (code === 0) resolve();
      else reject(initdbError(layout, killedBy === null ? stderr : `caught signal ${killedBy}`));
    });
  });

const initdbError = (layout: Layout, output: string, cause?: unknown): AppError => {
  const detail = { output: output.trim().split('\n').slice(-6).join(' | '), user: layout.user.name };
  if (/No space left on device|Disk quota exceeded/.test(output)) {
    return new AppError(
      'database_unavailable',
      `There is no space left on the disk of ${layout.homeDir} to create the database.`,
      { detail },
    );
  }
  if (/caught signal/.test(output)) {
    return new AppError(
      'database_unavailable',
      'The creation of the database was interrupted; the next start begins anew.',
      { detail },
    );
  }
  if (/could not look up effective user ID/.test(output)) {
    return new AppError(
      'database_unavailable',
      `The user id ${layout.user.uid} has no entry in /etc/passwd, which PostgreSQL requires.`,
      { detail },
    );
  }
  return new AppError(
    'database_unavailable',
    `The database could not be created in ${layout.homeDir}: ${detail.output}`,
    { detail, cause },
  );
};

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );

/**
 * Creates the cluster if there is none; true when it did. A start that was killed half-way leaves nothing that counts:
 * the directory gets its name only when it is complete.
 * @throws AppError `database_unavailable`
 */
export const ensureCluster = async (layout: Layout, signal: AbortSignal | undefined): Promise<boolean> => {
  signal?.throwIfAborted();
  if (await exists(layout.clusterDir)) return false;
  for (const name of await readdir(layout.homeDir)) {
    if (name.startsWith(PREFIX)) await rm(join(layout.homeDir, name), REMOVAL);
  }
  // A name of its own: an initdb that outlived a killed core cleans up after itself, and must not clean up ours.
  const target = join(layout.homeDir, PREFIX + randomBytes(6).toString('hex'));
  try {
    await runInitdb(layout, target, signal);
    await rename(target, layout.clusterDir);
  } catch (error) {
    await rm(target, REMOVAL);
    throw error;
  }
  return true;
};
