/**
 * Joins the pieces of a log into lines. Lines stay bytes, their time included, until somebody wants to see them: a character
 * that was split over two frames is whole again, and lines that are dropped under a flood are found but never looked into.
 */
import type { LogLine } from '@serverbox/contract/containers';
import { MAX_LOG_LINE_BYTES } from '@serverbox/contract/containers';
import type { LogPiece, LogSource } from './log-frames.ts';
import { MAX_TIME_BYTES } from './log-frames.ts';

export interface RawLine {
  source: LogSource;
  /** Without the newline; at most MAX_LOG_LINE_BYTES and the room of a time. */
  bytes: Buffer;
  /** The engine was asked for times, so the bytes begin with one. */
  hasTime: boolean;
  /** More than the bytes came. */
  isCut: boolean;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Splits "2026-01-02T03:04:05.678901234Z text". */
const splitTime = (bytes: Buffer): { at: string | null; rest: Buffer } => {
  const space = bytes.subarray(0, MAX_TIME_BYTES).indexOf(SPACE);
  const at = space < 0 ? '' : bytes.toString('latin1', 0, space);
  return TIME.test(at) ? { at, rest: bytes.subarray(space + 1) } : { at: null, rest: bytes };
};

interface Partial {
  parts: Buffer[];
  size: number;
  isCut: boolean;
}
const emptyPartial = (): Partial => ({ parts: [], size: 0, isCut: false });

const append = (partial: Partial, bytes: Buffer): void => {
  // Room for the time besides the text; the exact cut is made when the line is complete.
  const kept = bytes.subarray(0, Math.max(0, MAX_LOG_LINE_BYTES + MAX_TIME_BYTES - partial.size));
  if (kept.length < bytes.length) partial.isCut = true;
  if (kept.length > 0) partial.parts.push(kept);
  partial.size += kept.length;
};

export interface LogLines {
  push(pieces: readonly LogPiece[]): RawLine[];
  /** What came without a line end, when the log has ended. */
  end(): RawLine[];
}

/** `hasTimes`: the engine was asked for timestamps, so each line (and each frame of a long line) begins with one. */
export const createLogLines = (hasTimes: boolean): LogLines => {
  const partials: Record<LogSource, Partial> = { stdout: emptyPartial(), stderr: emptyPartial() };

  const complete = (source: LogSource): RawLine => {
    const { parts, isCut } = partials[source];
    partials[source] = emptyPartial();
    const bytes = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    return { source, bytes, hasTime: hasTimes, isCut };
  };

  const take = ({ source, bytes, startsFrame }: LogPiece, lines: RawLine[]): void => {
    // The engine stores a long line in parts of 16 KiB and puts the time before each of them.
    const continuesLine = hasTimes && startsFrame && partials[source].size > 0;
    let rest = continuesLine ? splitTime(bytes).rest : bytes;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      append(partials[source], rest.subarray(0, end));
      lines.push(complete(source));
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) append(partials[source], rest);
  };

  return {
    push: (pieces) => {
      const lines: RawLine[] = [];
      for (const piece of pieces) take(piece, lines);
      return lines;
    },
    end: () =>
      (['stdout', 'stderr'] as const).flatMap((source) => (partials[source].size > 0 ? [complete(source)] : [])),
  };
};

/**
 * For logs that stay bytes: takes out the time that the engine puts into the middle of a long line, before each part of it.
 * Returns the bytes to keep of each piece, pieces in order.
 */
export const createTimeStripper = (hasTimes: boolean): ((piece: LogPiece) => Buffer) => {
  const endsLine: Record<LogSource, boolean> = { stdout: true, stderr: true };
  return ({ source, bytes, startsFrame }) => {
    const kept = hasTimes && startsFrame && !endsLine[source] ? splitTime(bytes).rest : bytes;
    if (kept.length > 0) endsLine[source] = kept.at(-1) === NEWLINE;
    return kept;
  };
};

/** The engine's time (RFC 3339 with nanoseconds), null where there is none, and the text without line end, cut at the bound. */
const textOf = ({ bytes, hasTime, isCut }: RawLine): { at: string | null; text: Buffer; isCut: boolean } => {
  const { at, rest } = hasTime ? splitTime(bytes) : { at: null, rest: bytes };
  const whole = rest.at(-1) === CARRIAGE_RETURN ? rest.subarray(0, -1) : rest;
  const text = whole.subarray(0, MAX_LOG_LINE_BYTES);
  return { at, text, isCut: isCut || text.length < whole.length };
};

/** Decodes as UTF-8; what is not UTF-8 becomes U+FFFD, and a character cut in half at the end is left out. */
export const decodeLine = (line: RawLine, dropped = 0): LogLine => {
  const { at, text: bytes, isCut } = textOf(line);
  const text = bytes.toString('utf8');
  return {
    stream: line.source,
    at,
    text: isCut ? text.replace(/\uFFFD$/, '') : text,
    ...(isCut && { cut: true }),
    ...(dropped > 0 && { dropped }),
  };
};
