/** How bytes reach the engine. The rest of this folder neither knows nor asks what lies underneath. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError } from '../errors.ts';
import { connectionError } from './engine-errors.ts';

/** Opens one byte stream to the engine's socket. */
export type DockerConnect = () => Promise<Duplex>;

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects within the deadline. A stream that arrives too late is closed at once.
 * @throws AppError `docker_unavailable` | `node_unreachable` | `refused_by_policy` | `timed_out`
 */
export const connectInTime = async (connect: DockerConnect): Promise<Duplex> => {
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  const opened = connect().then((stream) => {
    // A broken connection shows where it is read; without a listener an early break would end the process.
    stream.on('error', ignoreLateError);
    if (isLate) stream.destroy();
    return stream;
  });
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(new AppError('timed_out', 'The connection to Docker on this node was not opened in time.'));
    }, CONNECT_TIMEOUT_MS);
  });
  try {
    return await Promise.race([opened, late]);
  } catch (error) {
    throw connectionError(error);
  } finally {
    clearTimeout(timer);
  }
};

const ignoreLateError = (): void => undefined;

/** Gives any stream the few methods of a TCP socket that an HTTP client calls without need. */
export const asSocket = (stream: Duplex): Socket => {
  const target = stream as Duplex & Record<string, unknown>;
  for (const name of ['setKeepAlive', 'setNoDelay', 'setTimeout', 'ref', 'unref']) {
    if (typeof target[name] !== 'function') target[name] = () => stream;
  }
  return stream as unknown as Socket;
};
