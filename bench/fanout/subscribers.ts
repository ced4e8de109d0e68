/** Many subscribers on bare sockets: they find the time in each event and do nothing else with it. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { sharedNow } from './publisher.ts';

export interface Subscribers {
  /** Latencies since the last call, in ms: of every tenth subscriber, which is enough and costs less. */
  takeLatencies(): number[];
  sockets: readonly Socket[];
  close(): void;
}

const CONNECTING_AT_ONCE = 50;
export const SAMPLED_ONE_IN = 10;
const AT = Buffer.from('"at":');
const MAX_NUMBER_CHARS = 24;
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';

const open = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(REQUEST);
  await once(socket, 'data');
  return socket.on('error', () => socket.destroy());
};

const watch = (socket: Socket, told: (sentAt: number) => void): void => {
  socket.on('data', (chunk: Buffer) => {
    // An event cut by the end of a packet is left out: one in hundreds.
    for (let at = chunk.indexOf(AT); at !== -1; at = chunk.indexOf(AT, at + 1)) {
      const start = at + AT.length;
      const text = chunk.toString('latin1', start, start + MAX_NUMBER_CHARS);
      if (text.includes(',')) told(Number.parseFloat(text));
    }
  });
};

export const openSubscribers = async (port: number, count: number): Promise<Subscribers> => {
  const sockets: Socket[] = [];
  for (let start = 0; start < count; start += CONNECTING_AT_ONCE) {
    const batch = Array.from({ length: Math.min(CONNECTING_AT_ONCE, count - start) }, () => open(port));
    sockets.push(...(await Promise.all(batch)));
  }
  let latencies: number[] = [];
  for (const [index, socket] of sockets.entries()) {
    if (index % SAMPLED_ONE_IN === 0) watch(socket, (sentAt) => latencies.push(sharedNow() - sentAt));
    else socket.resume();
  }
  return {
    takeLatencies: () => {
      const taken = latencies;
      latencies = [];
      return taken;
    },
    sockets,
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
};
