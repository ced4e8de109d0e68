/** A disk that can be filled to the last byte: a file system in memory with a size. Needs root. */
import { execFile } from 'node:child_process';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isRoot } from '../system-user.ts';
import { openTempDir } from '../temp-dir.ts';

export type SmallDisk = {
  path: string;
  /** Leaves at most `leaveBytes` free; what others free meanwhile is theirs. */
  fill(leaveBytes?: number): Promise<void>;
  /** Gives back what `fill` took. */
  free(): Promise<void>;
  freeBytes(): Promise<number>;
  /** Unmounts it, with everything on it. Nobody may have a file open there. */
  close(): Promise<void>;
};

const BALLAST = 'ballast';
const BLOCK_BYTES = 4096;

const isFull = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOSPC';

/** Mounts an empty disk. @throws Error unless this is root, with the right to mount */
export const openSmallDisk = async (sizeBytes: number): Promise<SmallDisk> => {
  if (!isRoot()) throw new Error('a small disk needs root');
  const dir = await openTempDir('disk');
  const run = promisify(execFile);
  await run('/bin/mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=0755`, 'tmpfs', dir.path]);
  const ballast = join(dir.path, BALLAST);
  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(dir.path);
    return bavail * bsize;
  };

  return {
    path: dir.path,
    freeBytes,
    fill: async (leaveBytes = 0) => {
      const file = await open(ballast, 'a', 0o600);
      try {
        // Large pieces first, then single blocks: a large one is refused as a whole while a few blocks are left.
        for (let size = 1024 * 1024; size >= BLOCK_BYTES; ) {
          const left = (await freeBytes()) - leaveBytes;
          if (left < size) size /= 16;
          else await file.write(Buffer.alloc(size));
        }
      } catch (error) {
        // Somebody else took the rest: just as full.
        if (!isFull(error)) throw error;
      } finally {
        await file.close();
      }
    },
    free: () => rm(ballast, { force: true }),
    close: async () => {
      await run('/bin/umount', [dir.path]);
      await dir.remove();
    },
  };
};
