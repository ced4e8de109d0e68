import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A TCP port that nobody listens on at 127.0.0.1. Another program may take it before it is used; the kernel hands out
 * such ports in turn, so that is rare.
 */
export const findFreePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the kernel gave no port');
  return address.port;
};
