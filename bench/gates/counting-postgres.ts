/** Stands between the core and PostgreSQL and counts the statements that are executed (protocol 3.0, manual chapter 55). */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export interface CountingPostgres {
  port: number;
  /** Statements executed since the last call. */
  take(): number;
  close(): Promise<void>;
}

const LENGTH_BYTES = 4;
/** A simple query, and the execution of a prepared one. */
const EXECUTING = new Set(['Q', 'E'].map((letter) => letter.charCodeAt(0)));

/** Only the first message of a connection has no letter before its length. */
const createCounter = (found: () => void) => {
  let rest: Buffer = Buffer.alloc(0);
  let isStarted = false;
  return (chunk: Buffer): void => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const letterBytes = isStarted ? 1 : 0;
      if (rest.length < letterBytes + LENGTH_BYTES) return;
      const end = letterBytes + rest.readUInt32BE(letterBytes);
      if (rest.length < end) return;
      if (isStarted && EXECUTING.has(rest.readUInt8(0))) found();
      isStarted = true;
      rest = rest.subarray(end);
    }
  };
};

export const openCountingPostgres = async (databasePort: number): Promise<CountingPostgres> => {
  let count = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket.on('error', () => socket.destroy());
  };
  const server = createServer((client) => {
    const database = connect(databasePort, '127.0.0.1').setNoDelay();
    const watch = createCounter(() => {
      count += 1;
    });
    keep(client.setNoDelay()).on('data', watch);
    keep(database);
    client.pipe(database).pipe(client);
    client.once('close', () => database.destroy());
    database.once('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    take: () => {
      const taken = count;
      count = 0;
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
