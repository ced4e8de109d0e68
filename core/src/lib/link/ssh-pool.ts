/**
 * One link to a node over one or more SSH connections. A server carries a few sessions on each (MaxSessions, 10 by default),
 * so there are at most 8 channels on one and the next goes to another connection, which is dialled once for all who wait.
 * A connection with live channels is never let go; one on which an opening got no answer is not used again.
 */
import type { AgentService } from '@serverbox/contract/policy';
import { AppError } from '../errors.ts';
import { linkLost } from './channel-duplex.ts';
import type { NodeLink } from './link.ts';
import { createCalls } from './ssh-calls.ts';
import type { ChannelRequest, OpenedChannel } from './ssh-channels.ts';
import type { MembersOptions } from './ssh-pool-members.ts';
import { createMembers } from './ssh-pool-members.ts';

/** How long the last connection stays when nobody looks any more: a page is often opened again. */
const LINGER_MS = 60_000;
const DRAIN_MS = 60_000;

export interface SshPoolOptions extends MembersOptions {
  lingerMs?: number;
  /** How long what runs may go on after `drain`. */
  drainMs?: number;
}

export interface SshPool extends NodeLink {
  readonly connectionCount: number;
  /** Keeps the link while nobody calls; the returned function lets go. */
  hold(): () => void;
  /** Takes no call from now on, and counts as closed. What runs may end by itself, for a minute; then it ends with `reason`. */
  drain(reason: AppError, graceMs?: number): void;
}

/** What a shell account may do: everything that needs no agent. */
const SERVICES: readonly AgentService[] = ['docker:read', 'docker:write', 'exec', 'terminal'];

/** Resolves with the first connection. @throws AppError as `connect` does */
export const openSshPool = async (options: SshPoolOptions): Promise<SshPool> => {
  const { clock, log } = options;
  const controller = new AbortController();
  const { signal: closed } = controller;
  let holds = 0;
  let lingering: NodeJS.Timeout | undefined;

  const lose = (reason: unknown): void => {
    clearTimeout(lingering);
    if (closed.aborted) return;
    controller.abort(reason);
    log.debug('link closed', { reason });
  };
  const close = (reason: string | AppError): void => {
    lose(reason instanceof AppError ? reason : new Error(reason));
    members.endAll(reason);
  };
  /** The last look or the last channel may have gone. */
  const settle = (): void => {
    clearTimeout(lingering);
    if (holds > 0 || members.isBusy || closed.aborted) return;
    const end = () => {
      if (holds === 0 && !members.isBusy) close('nobody looks at the node');
    };
    lingering = setTimeout(end, options.lingerMs ?? LINGER_MS).unref();
  };
  const members = createMembers(await options.connect(), options, { onEmpty: lose, onFree: settle });
  settle();

  const openChannel = async (request: ChannelRequest): Promise<OpenedChannel> => {
    if (closed.aborted) throw linkLost(closed);
    return members.open(request);
  };
  return {
    via: 'ssh',
    ...createCalls(openChannel, clock),
    subsystem: () =>
      Promise.reject(new AppError('not_supported', 'This needs the agent: the node is reached by its SSH server.')),
    services: SERVICES,
    closed,
    linkedAt: clock.now(),
    close,
    get connectionCount() {
      return members.count;
    },
    hold: () => {
      holds += 1;
      clearTimeout(lingering);
      let isHeld = true;
      return () => {
        if (isHeld) holds -= 1;
        isHeld = false;
        settle();
      };
    },
    drain: (reason, graceMs = options.drainMs ?? DRAIN_MS) => {
      lose(reason);
      members.retire(reason);
      if (graceMs === 0) members.endAll(reason);
      else setTimeout(() => members.endAll(reason), graceMs).unref();
    },
  };
};
