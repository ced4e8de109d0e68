import type { Readable } from 'node:stream';
import type { ExecEnd, ExecStream } from './link.ts';

export interface CollectedOutput {
  end: ExecEnd;
  stdout: string;
  stderr: string;
  /** One of the two went past the cap; what came after it was read and dropped. */
  truncated: boolean;
}

interface Kept {
  chunks: Buffer[];
  bytes: number;
  truncated: boolean;
}

/** Reads on past the cap: a command whose output nobody takes would never end. */
const keep = (stream: Readable, maxBytes: number): Kept => {
  const kept: Kept = { chunks: [], bytes: 0, truncated: false };
  stream.on('data', (chunk: Buffer) => {
    const room = maxBytes - kept.bytes;
    kept.truncated ||= chunk.length > room;
    if (room <= 0) return;
    // A copy, where the chunk is a small part of a large packet buffer that it would keep alive.
    const part = Buffer.from(chunk.subarray(0, room));
    kept.chunks.push(part);
    kept.bytes += part.length;
  });
  return kept;
};

/** Decoded once, as a whole, so that a character split between chunks stays whole; a cut at the cap drops the torn one. */
const textOf = ({ chunks, truncated }: Kept): string => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return decoder.decode(Buffer.concat(chunks), { stream: truncated });
};

/**
 * Waits for a command and keeps up to `maxBytes` of each output as text (invalid UTF-8 becomes U+FFFD).
 * @throws AppError as `ExecStream.ended` does
 */
export const collectOutput = async (
  command: ExecStream,
  { maxBytes }: { maxBytes: number },
): Promise<CollectedOutput> => {
  const stdout = keep(command.stdout, maxBytes);
  const stderr = keep(command.stderr, maxBytes);
  command.stdin.end();
  const end = await command.ended;
  return { end, stdout: textOf(stdout), stderr: textOf(stderr), truncated: stdout.truncated || stderr.truncated };
};
