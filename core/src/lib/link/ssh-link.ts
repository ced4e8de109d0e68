/**
 * A NodeLink over one byte stream, on whose far end an agent (or another SSH server with our key) speaks. The stream comes from
 * elsewhere; nothing of it is trusted until the pinned host key has been proven. A node's own sshd is dialled by
 * `ssh-dial.ts` and shared by `ssh-pool.ts`.
 */
import type { Duplex } from 'node:stream';
import type { AgentService } from '@serverbox/contract/policy';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { LinkVia, NodeLink } from './link.ts';
import { AGENT_ALGORITHMS } from './ssh-algorithms.ts';
import { createCalls, WINDOW_BYTES } from './ssh-calls.ts';
import { createOpenChannel } from './ssh-channels.ts';
import type { ClientKey, PublicKey } from './ssh-keys.ts';
import { loginToAgent } from './ssh-login.ts';
import { startSession, untilReady } from './ssh-session.ts';

const HANDSHAKE_TIMEOUT_MS = 20_000;

export interface SshLinkOptions {
  stream: Duplex;
  via: LinkVia;
  /** Pinned: any other key ends the connection before we prove anything to it. */
  hostPublicKey: PublicKey;
  clientKey: ClientKey;
  /** Agents ignore it. */
  username?: string;
  services: readonly AgentService[];
  clock: Clock;
  log: Log;
  /** At most, and by default, `HANDSHAKE_TIMEOUT_MS`. */
  handshakeTimeoutMs?: number;
}

/** A link whose services can be corrected once the node has said which ones its owner permits. */
export interface SshLink extends NodeLink {
  setServices(services: readonly AgentService[]): void;
}

/**
 * Resolves when the node has proven its pinned key and accepted ours; never earlier. Takes over the stream, also when it
 * fails: then the stream is destroyed.
 * @throws AppError `node_unreachable` with the reason: another host key, our key refused, no handshake in time
 */
export const openSshLink = async (options: SshLinkOptions): Promise<SshLink> => {
  const { clock, log, hostPublicKey } = options;
  const session = startSession({
    stream: options.stream,
    algorithms: AGENT_ALGORITHMS,
    judgeHostKey: (key) =>
      key.equals(hostPublicKey.blob) ? undefined : new Error('the host key is not the pinned one'),
    startLogin: loginToAgent(options.clientKey, options.username),
    windowBytes: WINDOW_BYTES,
  });
  const { closed } = session;
  await untilReady(session, Math.min(options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS));

  let services = options.services;
  closed.addEventListener('abort', () => log.debug('link closed', { reason: closed.reason }), { once: true });
  return {
    via: options.via,
    ...createCalls(createOpenChannel(session), clock),
    get services() {
      return services;
    },
    setServices: (permitted) => {
      services = permitted;
    },
    closed,
    linkedAt: clock.now(),
    close: session.end,
  };
};
