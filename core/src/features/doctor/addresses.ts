/** The first hops of a way that begins at the core: a name, a port, a certificate. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { openTcp } from '../../lib/link/open-tcp.ts';
import type { Finding } from './walk.ts';
import { failed, ok } from './walk.ts';

const CONNECT_TIMEOUT_MS = 8000;

export const checkName = async (host: string): Promise<Finding> => {
  if (isIP(host.split('%')[0] ?? '') !== 0) return ok(`${host} is an address.`);
  const found = await lookup(host, { all: true }).catch((error: NodeJS.ErrnoException) => error.code ?? 'failed');
  if (typeof found === 'string') {
    return failed(
      `The name ${host} was not found (${found}).`,
      `Correct the name, or the DNS that the machine of Server Box asks: try "getent hosts ${host}" there.`,
    );
  }
  return ok(`${host} is ${found.map(({ address }) => address).join(', ')}.`);
};

/** @throws AppError `node_unreachable` with a sentence that says why */
export const checkPort = async (host: string, port: number): Promise<Finding> => {
  const socket = await openTcp(host, port, CONNECT_TIMEOUT_MS);
  socket.destroy();
  return ok(`${host}:${port} answers.`);
};

/** Resolves with a connection whose certificate was found good. Rejects with the reason otherwise. */
export const openTls = (host: string, port: number): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = connectTls({ host, port, ...servername, timeout: CONNECT_TIMEOUT_MS });
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.once('timeout', () => fail(new Error('The TLS handshake was not completed in time.')));
    socket.once('error', fail);
    socket.once('secureConnect', () => resolve(socket.setTimeout(0)));
  });
