/**
 * A Docker engine for tests: the one that runs here, or else one of the lab's own, shared by every test process and
 * ended by the last of them. Only root can start one.
 */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { DockerdState } from './dockerd.ts';
import { findDockerdState, SHARED_PLACE, startDockerd, stopDockerd } from './dockerd.ts';
import { connectEngine } from './engine.ts';
import { dropLease, keep, takeLease } from './leases.ts';
import { withLock } from './lock.ts';
import { isRoot } from './system-user.ts';

export type LabDocker = {
  socketPath: string;
  /** Gives the engine back; the lab's own ends with its last user, another one is left alone. */
  stop(): Promise<void>;
};

const STANDARD_SOCKET = '/var/run/docker.sock';
const LOCK = 'dockerd';

const leasesOf = (state: DockerdState): string => join(state.dir, 'leases');

const borrow = async (state: DockerdState): Promise<LabDocker> => {
  const lease = await takeLease(leasesOf(state));
  return {
    socketPath: state.socketPath,
    stop: () =>
      withLock(LOCK, async () => {
        if (!(await dropLease(leasesOf(state), lease))) await stopDockerd(state);
      }),
  };
};

const isFree = async (path: string): Promise<boolean> => {
  try {
    await access(path, constants.F_OK);
    return false;
  } catch {
    return true; // no such file, or a directory that is not there yet
  }
};

// Callers hold the lock.
const findRunning = async (): Promise<LabDocker | undefined> => {
  const own = await findDockerdState(SHARED_PLACE);
  if (own !== undefined) return await borrow(own);
  const socketPath = process.env.SERVERBOX_TEST_DOCKER_SOCKET ?? STANDARD_SOCKET;
  if (!(await connectEngine(socketPath).isReachable())) return undefined;
  return { socketPath, stop: () => Promise.resolve() };
};

/**
 * The Docker engine that runs here: the lab's own, or else the one at the standard socket, for which
 * `SERVERBOX_TEST_DOCKER_SOCKET` names another path.
 */
export const findDockerd = (): Promise<LabDocker | undefined> => withLock(LOCK, findRunning);

/**
 * The Docker engine that runs here, or one started now.
 * @throws Error that says what to do when there is none and this process may not start one
 */
export const ensureDockerd = (): Promise<LabDocker> =>
  withLock(LOCK, async () => {
    const running = await findRunning();
    if (running !== undefined) return running;
    if (!isRoot())
      throw new Error('No Docker engine answers here: start Docker, or run as root so that one is started.');
    return await borrow(
      await startDockerd(SHARED_PLACE, (await isFree(STANDARD_SOCKET)) ? STANDARD_SOCKET : undefined),
    );
  });

/** Keeps the lab's own engine running after its last user; an engine of others needs no keeping. */
export const keepDockerd = (): Promise<void> =>
  withLock(LOCK, async () => {
    const own = await findDockerdState(SHARED_PLACE);
    if (own !== undefined) await keep(leasesOf(own));
  });

/** Ends the lab's own engine whoever uses it. @returns whether there was one */
export const endDockerd = (): Promise<boolean> =>
  withLock(LOCK, async () => {
    const own = await findDockerdState(SHARED_PLACE);
    if (own !== undefined) await stopDockerd(own);
    return own !== undefined;
  });
