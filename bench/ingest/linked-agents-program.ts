/** Simulated agents behind real links: a WebSocket each, SSH in it, the metrics subsystem in that. argv: URL of the core. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerChannel } from 'ssh2';
import ssh2 from 'ssh2';
import { createWebSocketStream, WebSocket } from 'ws';
import { serve } from '../lib/serve.ts';
import { helloLine, hostLine } from './simulated.ts';

const [coreUrl = ''] = process.argv.slice(2);
const CONNECTING_AT_ONCE = 20;
const SLOT_MS = 20;

interface Key {
  private: string;
  public: string;
}

let keys: Key[] = [];
const channels: ServerChannel[] = [];

const makeKeys = (count: number): string[] => {
  keys = Array.from({ length: count }, () => ssh2.utils.generateKeyPairSync('ed25519'));
  return keys.map((key) => key.public.split(' ', 2).join(' ')); // without the comment
};

/** Serves SSH on a stream that we dialled, as the agent does; resolves with the metrics channel. */
const serveSsh = (stream: ReturnType<typeof createWebSocketStream>, hostKey: string): Promise<ServerChannel> =>
  new Promise((resolve) => {
    const server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
      connection.on('authentication', (context) => context.accept());
      connection.on('error', () => stream.destroy());
      connection.on('session', (acceptSession) => {
        acceptSession().once('subsystem', (acceptSubsystem) => resolve(acceptSubsystem()));
      });
    });
    server.injectSocket(stream as never);
  });

const link = async (credential: string, hostKey: string): Promise<void> => {
  const socket = new WebSocket(`${coreUrl.replace('http', 'ws')}/api/agent/link`, {
    headers: { authorization: `Bearer ${credential}` },
    perMessageDeflate: false,
  });
  const stream = createWebSocketStream(socket);
  stream.on('error', () => socket.terminate());
  const channel = await serveSsh(stream, hostKey);
  channel.write(helloLine(randomBytes(16).toString('hex')));
  await once(channel, 'data'); // welcome
  channel.resume();
  channels.push(channel);
};

const linkAll = async (credentials: readonly string[]): Promise<void> => {
  const all = credentials.map((credential, index) => ({ credential, hostKey: keys[index]?.private ?? '' }));
  for (let start = 0; start < all.length; start += CONNECTING_AT_ONCE) {
    await Promise.all(all.slice(start, start + CONNECTING_AT_ONCE).map((each) => link(each.credential, each.hostKey)));
  }
};

/** One sample a second from each, spread over the second. */
const sendEachSecond = (): void => {
  const startedAt = performance.now();
  let sent = 0;
  setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * channels.length;
    for (; sent < due; sent += 1) {
      const seq = Math.floor(sent / channels.length) + 1;
      channels[sent % channels.length]?.write(hostLine(seq, Date.now()));
    }
  }, SLOT_MS).unref();
};

serve({ makeKeys, linkAll, sendEachSecond });
