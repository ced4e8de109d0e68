/** A port that takes no connection and refuses none: nobody accepts, and the queue of the kernel is full once it was filled. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { serve } from '../lib/serve.ts';

const server = createServer(() => undefined).listen({ port: 0, host: '127.0.0.1', backlog: 1 });
await once(server, 'listening');
serve({ port: () => (server.address() as AddressInfo).port }, () => server.close());
