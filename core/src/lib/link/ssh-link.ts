/**
 * A NodeLink over any byte stream on whose far end an SSH server speaks. The stream comes from elsewhere (an agent's
 * WebSocket, a socket to sshd); nothing of it is trusted until the pinned host key has been proven.
 */
import type { AgentService } from '@serverbox/contract/policy';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { NodeLink } from './link.ts';
import { createCalls, WINDOW_BYTES } from './ssh-calls.ts';
import type { SessionOptions } from './ssh-session.ts';
import { startSession, untilReady } from './ssh-session.ts';

const HANDSHAKE_TIMEOUT_MS = 20_000;

export interface SshLinkOptions extends Omit<SessionOptions, 'windowBytes'> {
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
  const { clock, log } = options;
  const session = startSession({ ...options, windowBytes: WINDOW_BYTES });
  const { closed } = session;
  await untilReady(session, Math.min(options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS));

  let services = options.services;
  closed.addEventListener('abort', () => log.debug('link closed', { reason: closed.reason }), { once: true });
  return {
    ...createCalls(session, clock),
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
