/** The core's terminal on a link to a plain sshd: link, shell and bridge as in the product, without the gate. argv: port, user, host key line, path of our private key. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { WebSocketServer } from 'ws';
import { bridgePty } from '../../core/src/features/terminal/service.ts';
import { systemClock as clock } from '../../core/src/lib/clock.ts';
import { openClientKey, parsePublicKey } from '../../core/src/lib/link/ssh-keys.ts';
import { openSshLink } from '../../core/src/lib/link/ssh-link.ts';
import { silentLog as log, Secret } from '../../core/src/lib/log.ts';
import { serve } from '../lib/serve.ts';
import { readUsage } from '../lib/usage.ts';

const [port = '', username = '', hostKey = '', keyPath = ''] = process.argv.slice(2);
const link = await openSshLink({
  via: 'ssh',
  stream: connect(Number(port), '127.0.0.1').setNoDelay(),
  hostPublicKey: parsePublicKey(hostKey),
  clientKey: openClientKey(new Secret(readFileSync(keyPath, 'utf8'))),
  username,
  services: ['exec', 'terminal'],
  clock,
  log,
});
const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 1024 * 1024 });
const gone = new AbortController();
sockets.on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  link.shell({ cols: 120, rows: 40, term: 'xterm-256color' }).then(
    (pty) => bridgePty(pty, socket, gone.signal),
    () => socket.terminate(),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

serve({ url: () => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, usage: readUsage }, () => {
  gone.abort();
  link.close('the benchmark is over');
  sockets.close();
  server.close();
});
