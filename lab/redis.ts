import { randomBytes } from 'node:crypto';
import type { Daemon } from './daemon.ts';
import { startDaemon } from './daemon.ts';
import { findFreePort } from './free-port.ts';
import { getProgram } from './programs.ts';
import { openTempDir } from './temp-dir.ts';

export type RedisServer = Daemon & { url: string };

/** Starts an empty Redis on loopback with a password of its own, set up as a queue needs it (append-only, no eviction). */
export const startRedis = async (): Promise<RedisServer> => {
  const port = await findFreePort();
  const password = randomBytes(16).toString('hex');
  const dir = await openTempDir('redis');
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    requirepass: password,
    dir: dir.path,
    appendonly: 'yes',
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  const argv = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  try {
    const daemon = await startDaemon({
      argv: [getProgram('redis-server'), ...argv],
      readyLine: /Ready to accept connections/,
      stopSignal: 'SIGTERM',
    });
    return {
      ...daemon,
      url: `redis://default:${password}@127.0.0.1:${port}`,
      stop: () => daemon.stop().then(dir.remove),
    };
  } catch (error) {
    await dir.remove();
    throw error;
  }
};
