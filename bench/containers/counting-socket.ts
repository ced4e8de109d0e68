/** A Unix socket in front of the Docker engine that counts what is asked of it. It passes every byte on, both ways. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export interface CountingSocket {
  /** First lines of the requests since the last call, oldest first. */
  take(): string[];
  close(): Promise<void>;
}

/** Not only at the beginning of a line: on an open connection a request follows the last byte of the body before it. */
const REQUEST_LINE = /(?:GET|HEAD|POST|PUT|DELETE) \S+ HTTP\/1\.1\r\n/g;
/** A request line may be cut by a packet; this much of the previous one is looked at again. */
const OVERLAP = 4096;

const createWatcher = (found: (line: string) => void) => {
  let tail = '';
  return (chunk: Buffer): void => {
    const text = tail + chunk.toString('latin1');
    let end = 0;
    for (const match of text.matchAll(REQUEST_LINE)) {
      found(match[0].trim());
      end = match.index + match[0].length;
    }
    tail = text.slice(Math.max(end, text.length - OVERLAP));
  };
};

export const openCountingSocket = async (path: string, enginePath: string): Promise<CountingSocket> => {
  let lines: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // Whatever breaks on one side ends the other; the programs at both ends notice by themselves.
    return socket.on('error', () => socket.destroy());
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: enginePath, allowHalfOpen: true });
    const watch = createWatcher((line) => lines.push(line));
    keep(client).on('data', watch);
    keep(engine);
    client.pipe(engine).pipe(client);
    client.once('close', () => engine.destroy());
    engine.once('close', () => client.destroy());
  }).listen(path);
  await once(server, 'listening');
  return {
    take: () => {
      const taken = lines;
      lines = [];
      return taken;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};
