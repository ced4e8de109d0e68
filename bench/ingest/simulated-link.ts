/** A simulated agent's end of a real link: a WebSocket, SSH in it, the metrics subsystem in that. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerChannel } from 'ssh2';
import ssh2 from 'ssh2';
import { createWebSocketStream, WebSocket } from 'ws';
import { generatePrivateKey, openClientKey } from '../../core/src/lib/link/ssh-keys.ts';
import { helloLine } from './simulated.ts';

export interface AgentKey {
  private: string;
  /** `ssh-ed25519 AAAA…` without a comment. */
  public: string;
}

export const makeAgentKey = (): AgentKey => {
  const { privateKey, publicKey } = openClientKey(generatePrivateKey());
  return { private: privateKey.reveal(), public: publicKey.line };
};

/** Serves SSH on a stream that we dialled, as the agent does; resolves with the metrics channel. */
const serveSsh = (stream: ReturnType<typeof createWebSocketStream>, hostKey: string): Promise<ServerChannel> =>
  new Promise((resolve, reject) => {
    stream.once('close', () => reject(new Error('the link was closed before it served metrics')));
    const server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
      connection.on('authentication', (context) => context.accept());
      connection.on('error', () => stream.destroy());
      connection.on('session', (acceptSession) => {
        acceptSession().once('subsystem', (acceptSubsystem) => resolve(acceptSubsystem()));
      });
    });
    server.injectSocket(stream as never);
  });

export interface SimulatedLink {
  /** Where samples are written; acknowledgements are read and dropped. */
  channel: ServerChannel;
  /** Resolves when the link has ended, by whatever way. */
  closed: Promise<unknown>;
}

/** Resolves when the core has said welcome. @throws Error when it refuses, or is not there */
export const openSimulatedLink = async (coreUrl: string, credential: string, key: AgentKey): Promise<SimulatedLink> => {
  const socket = new WebSocket(`${coreUrl.replace('http', 'ws')}/api/agent/link`, {
    headers: { authorization: `Bearer ${credential}`, 'agent-protocol': '1' },
    perMessageDeflate: false,
  });
  const closed = once(socket, 'close').catch(() => undefined);
  const stream = createWebSocketStream(socket);
  stream.on('error', () => socket.terminate());
  const channel = await serveSsh(stream, key.private);
  channel.write(helloLine(randomBytes(16).toString('hex')));
  await once(channel, 'data'); // welcome
  channel.resume();
  return { channel, closed };
};
