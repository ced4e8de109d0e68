/**
 * The embedded PostgreSQL: the real server, private to this core. It has no network port; its socket is in a directory
 * that only its user can enter.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { ensureCluster, SUPERUSER } from './cluster.ts';
import type { SocketConnection } from './connection.ts';
import { lockDataDir } from './data-dir-lock.ts';
import type { Layout } from './layout.ts';
import { ensureDataDir, inDataDir, prepareLayout, SYSTEM_DIR } from './layout.ts';
import type { Postmaster } from './postmaster.ts';
import { findRunning, startPostmaster, stopPostmaster } from './postmaster.ts';

export interface EmbeddedOptions {
  dataDir: string;
  log: Log;
  /** Gives up opening. Once open, use `stop`. */
  signal?: AbortSignal;
  /** Takes what the server's user cannot reach where it is, such as a checkout below /root. */
  systemDir?: string;
}

export interface EmbeddedDatabase {
  connection: SocketConnection;
  /** Stops the server (about 30 ms) and lets go of the data directory. Close what uses it first. */
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A server that ran for so long is given a fresh series of quick restarts. */
const STEADY_MS = 60_000;

const ensureRunning = async (layout: Layout, signal?: AbortSignal): Promise<Postmaster> =>
  (await findRunning(layout)) ?? (await startPostmaster(layout, signal));

/** Starts the server again whenever it ends, until stopped. */
const supervise = (layout: Layout, first: Postmaster, log: Log) => {
  const stopping = new AbortController();
  let current: Postmaster | undefined = first;

  const restart = async (pauseMs: number): Promise<Postmaster | undefined> => {
    for (let nextMs = pauseMs; !stopping.signal.aborted; nextMs = Math.min(nextMs * 2, LONGEST_PAUSE_MS)) {
      await delay(nextMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted) return undefined;
      try {
        const started = await ensureRunning(layout, stopping.signal);
        log.warn('database server restarted', { pid: started.pid });
        return started;
      } catch (error) {
        if (!stopping.signal.aborted) log.error('database server did not restart', { error });
      }
    }
    return undefined;
  };

  const run = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    while (current !== undefined) {
      const startedAtMs = performance.now();
      await current.ended;
      if (stopping.signal.aborted) return;
      log.error('database server ended unexpectedly', { pid: current.pid });
      pauseMs = performance.now() - startedAtMs > STEADY_MS ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      current = await restart(pauseMs);
    }
  };
  const running = run();

  return {
    stop: async (): Promise<void> => {
      stopping.abort();
      if (current !== undefined) await stopPostmaster(layout, current.pid);
      await running;
    },
  };
};

/**
 * Starts the embedded server of `dataDir`, or attaches to the one that an earlier core left running; creates the database
 * on the first call. If the server ends while this core lives, it is started again.
 * @throws AppError `conflict` when another core uses the directory, `database_unavailable` with a sentence that says why
 */
export const openEmbedded = async (options: EmbeddedOptions): Promise<EmbeddedDatabase> => {
  const { dataDir, log, signal, systemDir = SYSTEM_DIR } = options;
  const realDataDir = await ensureDataDir(dataDir);
  const lock = await inDataDir(dataDir, () => lockDataDir(realDataDir));
  try {
    const layout = await prepareLayout(realDataDir, systemDir);
    if (await ensureCluster(layout, signal))
      log.info('database created', { dir: layout.homeDir, user: layout.user.name });
    const postmaster = await ensureRunning(layout, signal);
    log.info(postmaster.isAttached ? 'database server attached' : 'database server started', { pid: postmaster.pid });
    const supervisor = supervise(layout, postmaster, log);
    return {
      connection: { host: layout.runDir, user: SUPERUSER, database: 'postgres' },
      stop: async () => {
        await supervisor.stop();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
};
