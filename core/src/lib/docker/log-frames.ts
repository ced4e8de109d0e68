/**
 * Takes the engine's log stream apart. Without a TTY it comes in frames of an 8-byte header (stream, three zeroes, length in
 * big endian) and the payload; with a TTY it is the bare bytes. Frames of any length pass through in pieces.
 */
import { AppError } from '../errors.ts';

export type LogSource = 'stdout' | 'stderr';

export interface LogPiece {
  source: LogSource;
  bytes: Buffer;
  /** The piece begins a frame and holds the whole of the time that the engine puts there. Always false without frames. */
  startsFrame: boolean;
}

const HEADER_BYTES = 8;
/** The engine's time and the space behind it are shorter. */
export const MAX_TIME_BYTES = 40;
const SOURCES: Record<number, LogSource> = { 0: 'stdout', 1: 'stdout', 2: 'stderr' };
const SYSTEM_ERROR = 3;

export interface LogFrames {
  /** The pieces that this chunk completes or continues, in order. @throws AppError `docker_error` */
  push(chunk: Buffer): LogPiece[];
}

const sourceOf = (type: number | undefined): LogSource => {
  const source = SOURCES[type ?? -1];
  if (source !== undefined) return source;
  const sentence = type === SYSTEM_ERROR ? 'Docker broke off this log.' : 'Docker sent a log that cannot be read.';
  throw new AppError('docker_error', sentence);
};

export const createLogFrames = (): LogFrames => {
  let header: Buffer = Buffer.alloc(0);
  let source: LogSource = 'stdout';
  let remaining = 0;
  /** The beginning of a frame until it is long enough to hold the whole time; undefined in the middle of a frame. */
  let opening: Buffer | undefined;

  /** Returns how many bytes of the chunk were taken. */
  const takeHeader = (chunk: Buffer): number => {
    const part = chunk.subarray(0, HEADER_BYTES - header.length);
    header = Buffer.concat([header, part]);
    if (header.length === HEADER_BYTES) {
      source = sourceOf(header[0]);
      remaining = header.readUInt32BE(4);
      opening = Buffer.alloc(0);
      header = Buffer.alloc(0);
    }
    return part.length;
  };
  const takePayload = (chunk: Buffer, pieces: LogPiece[]): number => {
    const bytes = chunk.subarray(0, remaining);
    remaining -= bytes.length;
    if (opening === undefined) {
      pieces.push({ source, bytes, startsFrame: false });
      return bytes.length;
    }
    opening = opening.length === 0 ? bytes : Buffer.concat([opening, bytes]);
    if (remaining === 0 || opening.length >= MAX_TIME_BYTES) {
      pieces.push({ source, bytes: opening, startsFrame: true });
      opening = undefined;
    }
    return bytes.length;
  };

  return {
    push: (chunk) => {
      const pieces: LogPiece[] = [];
      let rest = chunk;
      while (rest.length > 0) {
        rest = rest.subarray(remaining === 0 ? takeHeader(rest) : takePayload(rest, pieces));
      }
      return pieces;
    },
  };
};

/** The bytes of a container with a TTY: one stream, no frames. */
export const createRawFrames = (): LogFrames => ({
  push: (chunk) => (chunk.length === 0 ? [] : [{ source: 'stdout', bytes: chunk, startsFrame: false }]),
});
