/** One connection of a pool: how much it carries, and whether it may carry more. */
import type { Clock } from '../clock.ts';
import type { ChannelRequest, OpenedChannel } from './ssh-channels.ts';
import { createOpenChannel } from './ssh-channels.ts';
import { isSession } from './ssh-errors.ts';
import type { SshSession } from './ssh-session.ts';

/** A server that refused one more session has room again when a process ends there, which we are not always told. */
const REFUSED_FOR_MS = 2000;

export interface PoolMember {
  readonly session: SshSession;
  /** Channels that are open or being opened. */
  readonly live: number;
  /** Whether it carries something for which the link is to stay. */
  readonly isNeeded: boolean;
  /** Those of them that the server counts against its MaxSessions. */
  readonly liveSessions: number;
  /** Whether it ever carried a session: one that refuses its first will refuse every one. */
  readonly hasCarried: boolean;
  /** Not handed out any more; it ends with its last channel. */
  isRetired: boolean;
  /** Whether one more channel may be asked for. */
  hasRoom(needsSession: boolean, limits: { channels: number; sessions: number }): boolean;
  /** The server refused a session. */
  noteRefusal(): void;
  /** Counts at once. @throws as the opening does; then nothing is counted any more */
  open(request: ChannelRequest): Promise<OpenedChannel>;
}

/** `onFree` is called whenever a channel has gone, with whether it was one for which the link was to stay. */
export const createMember = (session: SshSession, clock: Clock, onFree: (wasNeeded: boolean) => void): PoolMember => {
  const openChannel = createOpenChannel(session);
  let [live, liveSessions, inBackground, refusedUntilMs, hasCarried] = [0, 0, 0, 0, false];
  const member: PoolMember = {
    session,
    get live() {
      return live;
    },
    get isNeeded() {
      return live > inBackground;
    },
    get liveSessions() {
      return liveSessions;
    },
    get hasCarried() {
      return hasCarried;
    },
    isRetired: false,
    hasRoom: (needsSession, { channels, sessions }) => {
      if (member.isRetired || live >= channels) return false;
      return !needsSession || (liveSessions < sessions && clock.monotonicMs() >= refusedUntilMs);
    },
    noteRefusal: () => {
      refusedUntilMs = clock.monotonicMs() + REFUSED_FOR_MS;
    },
    open: async (request) => {
      const weight = isSession(request.opening) ? 1 : 0;
      const background = request.isBackground === true ? 1 : 0;
      live += 1;
      liveSessions += weight;
      inBackground += background;
      const release = () => {
        live -= 1;
        liveSessions -= weight;
        inBackground -= background;
        refusedUntilMs = 0;
        onFree(background === 0);
      };
      try {
        const opened = await openChannel(request);
        hasCarried ||= weight > 0;
        opened.channel.once('close', release);
        return opened;
      } catch (error) {
        release();
        throw error;
      }
    },
  };
  return member;
};
