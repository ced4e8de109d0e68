/**
 * One core per data directory. The lock is a listening unix socket in it: the kernel closes it with the process, however
 * that ends, so there is nothing stale to guess about, and unlike a process id it can be asked across containers that
 * share the directory.
 */
import { randomBytes } from 'node:crypto';
import { link, lstat, rename, rm } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { AppError } from '../errors.ts';

export interface DataDirLock {
  release(): Promise<void>;
}

export const LOCK_NAME = 'core.sock';
const ATTEMPTS = 5;
const ASK_TIMEOUT_MS = 500;
const MAX_PID_CHARS = 10;

const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

const listen = (path: string): Promise<net.Server> =>
  new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      // Whoever asks whether we live may be gone before the answer; unheard, that would be an exception of ours.
      socket.on('error', () => undefined);
      socket.end(String(process.pid));
    });
    server.once('error', reject);
    server.listen(path, () => resolve(server.unref()));
  });

/** Whether a process listens on this unix socket. A socket file that nobody listens on refuses at once. */
export const isListening = (path: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      if (hasCode(error, 'ECONNREFUSED', 'ENOENT', 'ENOTSOCK')) resolve(false);
      // A full backlog: somebody is there and busy.
      else if (hasCode(error, 'EAGAIN')) resolve(true);
      else reject(error);
    });
  });

/** The process that holds the lock, as it says of itself; of another container it is one that we cannot see. */
const askHolder = (path: string): Promise<string> =>
  new Promise((resolve) => {
    let said = '';
    const socket = net
      .connect(path)
      .setEncoding('utf8')
      .setTimeout(ASK_TIMEOUT_MS, () => socket.destroy());
    socket.on('data', (text: string) => {
      said = (said + text).slice(0, MAX_PID_CHARS);
    });
    socket.on('error', () => undefined); // busy or gone: then it stays unnamed
    socket.once('close', () => resolve(/^\d+$/.test(said) ? ` (process ${said})` : ''));
  });

/** Moves a dead socket away. If another core put a living one there meanwhile, that one is put back. */
const removeStale = async (path: string, deadInode: number): Promise<void> => {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
    if ((await lstat(aside)).ino !== deadInode) await link(aside, path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EEXIST')) throw error;
  }
  await rm(aside, { force: true });
};

const take = async (own: string, path: string, dataDir: string): Promise<void> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      await link(own, path);
      return;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    const found = await lstat(path).catch(() => undefined);
    if (await isListening(path)) break;
    if (found !== undefined) await removeStale(path, found.ino);
  }
  throw new AppError(
    'conflict',
    `Another Server Box${await askHolder(path)} is running on the data directory ${dataDir}: stop it, or set SERVERBOX_DATA_DIR.`,
  );
};

/**
 * Takes the lock until `release` or the end of the process.
 * @throws AppError `conflict` while another core holds it
 */
export const lockDataDir = async (dataDir: string): Promise<DataDirLock> => {
  const path = join(dataDir, LOCK_NAME);
  const own = `${path}.${randomBytes(6).toString('hex')}`;
  // Bound under a name of its own first: linking it to the real name is atomic, binding over a dead socket is not.
  const server = await listen(own);
  try {
    await take(own, path, dataDir);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(own, { force: true });
  }
  return {
    release: async () => {
      if (!server.listening) return;
      await rm(path, { force: true });
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
