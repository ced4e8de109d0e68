/**
 * An SSH channel as a stream that behaves like a socket. ssh2's own channel does not: `destroy` leaves it open on our side
 * until the node agrees, writes after the node closed it never complete, and a lost connection looks like a normal end.
 */
import { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { AppError } from '../errors.ts';

const HIGH_WATER_MARK_BYTES = 64 * 1024;

export interface ChannelDuplexOptions {
  /** What the whole connection is written to: while it is full, no channel adds to it. */
  transport: Duplex;
  /** Aborts when the link is lost. */
  closed: AbortSignal;
  /** Whether the node said all it had to say: an end without that is a loss. */
  isComplete(): boolean;
  /** Keep our side open after the node has ended its own; otherwise the channel closes then. */
  allowHalfOpen: boolean;
}

/** The error of everything that a lost link interrupts. */
export const linkLost = (closed: AbortSignal): AppError =>
  // Ended on purpose: then the reason is told by name.
  closed.reason instanceof AppError
    ? closed.reason
    : new AppError('node_unreachable', 'The connection to the node was lost.', { cause: closed.reason });

/** Calls `write` once the transport has room: a node that grants an endless window cannot fill our memory. */
const whenWritable = (transport: Duplex, write: () => void): void => {
  if (transport.writableNeedDrain) transport.once('drain', write);
  else write();
};

/** Takes over the channel: nothing else may listen to its data. Destroying the stream closes the channel at once. */
export const openChannelDuplex = (channel: ClientChannel, options: ChannelDuplexOptions): Duplex => {
  const { transport, closed, isComplete } = options;
  const duplex = new Duplex({
    allowHalfOpen: options.allowHalfOpen,
    highWaterMark: HIGH_WATER_MARK_BYTES,
    read: () => {
      channel.resume();
    },
    write: (chunk: Buffer, _encoding, done) => {
      whenWritable(transport, () => {
        // As with the input of a program that has ended: nobody reads it, and what the program said stays to be read.
        if (channel.writable) channel.write(chunk, done);
        else done();
      });
    },
    final: (done) => {
      channel.end();
      done();
    },
    destroy: (error, done) => {
      closed.removeEventListener('abort', onLost);
      channel.destroy();
      // Whatever still arrives until the node has closed its side, too, is let go; unread it would stay in memory.
      channel.removeListener('data', onData);
      channel.resume();
      channel.stderr.resume();
      done(error);
    },
  });

  const onLost = () => {
    if (!isComplete()) duplex.destroy(linkLost(closed));
  };
  const onData = (bytes: Buffer) => {
    if (!duplex.push(bytes)) channel.pause();
  };
  channel.on('data', onData);
  channel.on('end', () => duplex.push(null));
  channel.on('error', (error: Error) => duplex.destroy(error));
  channel.on('close', () => {
    // The node has forgotten the channel, so a pending write never completes; what it sent before is still read.
    if (duplex.readableEnded) duplex.destroy();
    else duplex.once('end', () => duplex.destroy());
  });
  // A lost link is told to whoever listens; it must not end the process where nobody does.
  duplex.on('error', () => undefined);
  channel.pause();
  closed.addEventListener('abort', onLost, { once: true });
  return duplex;
};
