import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 50;

/**
 * Runs `work` while no other process on this machine does so under the same name. The lock is an abstract Unix socket:
 * the kernel gives it back when its holder dies, so there is no stale lock.
 */
export const withLock = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  for (;;) {
    const server = createServer().listen(`\0serverbox-lab-${name}`);
    try {
      await once(server, 'listening');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
      await sleep(RETRY_MS);
      continue;
    }
    try {
      return await work();
    } finally {
      server.close();
    }
  }
};
