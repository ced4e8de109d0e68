/**
 * Open streams: server-sent events, log streams, terminals. A stream lives no longer than the session that opened it: a
 * revocation closes it at once by the bus, and a sweep re-reads the sessions so that a lost message only costs seconds.
 */
import { AppError } from '../lib/errors.ts';
import type { Principal } from './ports.ts';

export const MAX_STREAMS_PER_USER = 20;
export const MAX_STREAMS_PER_NODE = 40;

export interface OpenStream {
  principal: Principal;
  nodeId: string | undefined;
  /** Ends the stream from our side. Must not throw. */
  close(reason: 'unauthenticated' | 'forbidden' | 'shutdown'): void;
}

export interface Streams {
  /** Takes a slot; the returned function frees it, on every exit path. @throws AppError `too_many_streams` */
  open(stream: OpenStream): () => void;
  closeSession(sessionId: string): void;
  closeUser(userId: string): void;
  /** Asks for every session with an open stream whether it still holds and closes the streams of those that do not. */
  sweep(findPrincipal: (sessionId: string) => Promise<Principal | undefined>): Promise<void>;
  closeAll(): void;
  readonly count: number;
}

export const createStreams = (): Streams => {
  const open = new Set<OpenStream>();
  const countOf = (matches: (stream: OpenStream) => boolean): number => [...open].filter(matches).length;
  const closeWhere = (
    matches: (stream: OpenStream) => boolean,
    reason: 'unauthenticated' | 'forbidden' | 'shutdown',
  ) => {
    for (const stream of [...open]) if (matches(stream)) stream.close(reason);
  };

  return {
    open: (stream) => {
      const { principal, nodeId } = stream;
      if (countOf((other) => other.principal.userId === principal.userId) >= MAX_STREAMS_PER_USER) {
        throw new AppError('too_many_streams', `You have ${MAX_STREAMS_PER_USER} streams open; close one first.`);
      }
      if (nodeId !== undefined && countOf((other) => other.nodeId === nodeId) >= MAX_STREAMS_PER_NODE) {
        throw new AppError('too_many_streams', `This node has ${MAX_STREAMS_PER_NODE} open streams; close one first.`);
      }
      open.add(stream);
      return () => open.delete(stream);
    },
    closeSession: (sessionId) => closeWhere((s) => s.principal.sessionId === sessionId, 'unauthenticated'),
    closeUser: (userId) => closeWhere((s) => s.principal.userId === userId, 'unauthenticated'),
    sweep: async (findPrincipal) => {
      for (const sessionId of new Set([...open].map((stream) => stream.principal.sessionId))) {
        const principal = await findPrincipal(sessionId);
        if (principal === undefined) closeWhere((s) => s.principal.sessionId === sessionId, 'unauthenticated');
      }
    },
    closeAll: () => closeWhere(() => true, 'shutdown'),
    get count() {
      return open.size;
    },
  };
};
