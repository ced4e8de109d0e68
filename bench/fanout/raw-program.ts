/** The limit of one write for each subscriber and event: bare sockets, the event serialised once, nothing else. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { serve } from '../lib/serve.ts';
import { readUsage } from '../lib/usage.ts';
import { createPublisher, NODE_ID, sharedNow, VALUES } from './publisher.ts';

const sockets = new Set<Socket>();
const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n');
    sockets.add(socket);
  });
  socket.once('close', () => sockets.delete(socket));
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 2048 });
await once(server, 'listening');

let seq = 0;
const publisher = createPublisher(() => {
  seq += 1;
  const event = JSON.stringify({ type: 'host', nodeId: NODE_ID, at: sharedNow(), values: VALUES });
  const frame = Buffer.from(`id: 00000000-${seq}\ndata: ${event}\n\n`);
  for (const socket of sockets) socket.write(frame);
});

serve(
  {
    port: () => (server.address() as AddressInfo).port,
    rate: publisher.setRate,
    usage: readUsage,
    subscriberCount: () => sockets.size,
  },
  () => {
    publisher.setRate(0);
    server.close();
    for (const socket of sockets) socket.destroy();
  },
);
