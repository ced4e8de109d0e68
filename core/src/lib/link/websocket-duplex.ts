/**
 * A byte stream over a WebSocket: binary messages in both directions, their borders without meaning. Reading is held up by
 * pausing the socket, writing by the socket's own completion, so neither side can fill the other's memory.
 */
import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';

/** Written messages are joined up to this size; what arrives is bounded by the server's `maxPayload`. */
const MAX_MESSAGE_BYTES = 64 * 1024;
const HIGH_WATER_MARK_BYTES = 256 * 1024;
const CLOSE_UNSUPPORTED_DATA = 1003;

const bytesOf = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
};

/** Joins small chunks and cuts large ones, so that a burst of packets costs few messages. */
const messagesOf = (chunks: readonly Buffer[]): Buffer[] => {
  const joined = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  const count = Math.max(1, Math.ceil(joined.length / MAX_MESSAGE_BYTES));
  return Array.from({ length: count }, (_, i) => joined.subarray(i * MAX_MESSAGE_BYTES, (i + 1) * MAX_MESSAGE_BYTES));
};

/**
 * Wraps an open WebSocket, whose messages must not have been listened to elsewhere. Ending the stream closes the socket
 * with 1000, destroying it terminates the socket; a text message is a protocol error. The stream owns the socket.
 */
export const openWebSocketDuplex = (socket: WebSocket): Duplex => {
  const send = (chunks: readonly Buffer[], done: (error?: Error | null) => void): void => {
    const messages = messagesOf(chunks);
    for (const [i, message] of messages.entries()) {
      const isLast = i === messages.length - 1;
      socket.send(message, { binary: true, compress: false }, isLast ? (error) => done(error ?? null) : undefined);
    }
  };

  const duplex = new Duplex({
    highWaterMark: HIGH_WATER_MARK_BYTES,
    read: () => socket.resume(),
    write: (chunk: Buffer, _encoding, done) => send([chunk], done),
    writev: (entries, done) =>
      send(
        entries.map(({ chunk }) => chunk as Buffer),
        done,
      ),
    final: (done) => {
      socket.close(1000);
      done();
    },
    destroy: (error, done) => {
      socket.terminate();
      done(error);
    },
  });

  socket.on('message', (data, isBinary) => {
    if (!isBinary) {
      socket.close(CLOSE_UNSUPPORTED_DATA, 'binary messages only');
      duplex.destroy(new Error('the peer sent a text message'));
    } else if (!duplex.push(bytesOf(data))) {
      socket.pause();
    }
  });
  socket.on('error', (error) => duplex.destroy(error));
  socket.on('close', () => {
    // What was received before is still read; a writer learns that nobody is there.
    if (!duplex.destroyed) duplex.push(null);
    duplex.end();
  });
  // Whoever holds the stream may listen for errors; a lost peer must not end the process where nobody does.
  duplex.on('error', () => undefined);
  return duplex;
};
