/** A TCP connection with a deadline, and its failures as sentences that say what to look at. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { AppError, messageOf } from '../errors.ts';

const REASONS: Record<string, (place: string, host: string) => string> = {
  ENOTFOUND: (_, host) => `The name ${host} is not known to the DNS that the core asks.`,
  EAI_AGAIN: (_, host) => `The DNS that the core asks did not answer for the name ${host}.`,
  ECONNREFUSED: (place) => `Nothing listens at ${place}: the connection was refused.`,
  EHOSTUNREACH: (place) => `There is no route to ${place}: the host is off, or a firewall refuses.`,
  ENETUNREACH: (place) => `The core's machine has no route to the network of ${place}.`,
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const errorOf = (error: unknown, host: string, port: number): AppError => {
  const place = `${host}:${port}`;
  const sentence = REASONS[codeOf(error)]?.(place, host) ?? `${place} could not be reached: ${messageOf(error)}.`;
  return new AppError('node_unreachable', sentence, { cause: error });
};

/** Small packets are not held back: a key pressed is sent now. @throws AppError `node_unreachable` */
export const openTcp = (host: string, port: number, timeoutMs: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      const sentence = `${host}:${port} does not answer: the host is off, or a firewall drops what is sent to it.`;
      reject(new AppError('node_unreachable', sentence));
    }, timeoutMs);
    const onError = (error: Error) => {
      clearTimeout(timer);
      reject(errorOf(error, host, port));
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', onError);
      // Until somebody takes it over, its loss must not end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
