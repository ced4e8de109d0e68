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
const LENGTH_AT = 4;
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

const NOTHING = Buffer.alloc(0);

export const createLogFrames = (): LogFrames => {
  /** The part of a header that came so far; nothing between two headers. */
  let header: Buffer = NOTHING;
  let source: LogSource = 'stdout';
  let remaining = 0;
  /** The beginning of a frame until it is long enough to hold the whole time; undefined in the middle of a frame. */
  let opening: Buffer | undefined;

  const startFrame = (bytes: Buffer, at: number): void => {
    source = sourceOf(bytes[at]);
    remaining = bytes.readUInt32BE(at + LENGTH_AT);
    opening = NOTHING;
    header = NOTHING;
  };
  /** Returns how many bytes of the chunk were taken. */
  const takeHeader = (chunk: Buffer, at: number): number => {
    const missing = HEADER_BYTES - header.length;
    // Nearly every header comes whole: an engine sends a frame a line, so what is done here is done for each line of a flood.
    if (missing === HEADER_BYTES && at + HEADER_BYTES <= chunk.length) {
      startFrame(chunk, at);
      return HEADER_BYTES;
    }
    const part = chunk.subarray(at, at + missing);
    header = Buffer.concat([header, part]);
    if (header.length === HEADER_BYTES) startFrame(header, 0);
    return part.length;
  };
  const takePayload = (chunk: Buffer, at: number, pieces: LogPiece[]): number => {
    const bytes = chunk.subarray(at, at + remaining);
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
      for (let at = 0; at < chunk.length; ) {
        at += remaining === 0 ? takeHeader(chunk, at) : takePayload(chunk, at, pieces);
      }
      return pieces;
    },
  };
};

/** The bytes of a container with a TTY: one stream, no frames. */
export const createRawFrames = (): LogFrames => ({
  push: (chunk) => (chunk.length === 0 ? [] : [{ source: 'stdout', bytes: chunk, startsFrame: false }]),
});
