import type { Readable } from 'node:stream';
import { AppError } from '../errors.ts';

const NEWLINE = 0x0a;

/**
 * The JSON values of a stream that carries one a line, in order. Reads no faster than it is iterated.
 * @throws AppError `docker_error` for a line that is no JSON or longer than `maxLineBytes`
 */
export async function* jsonLines(body: Readable, maxLineBytes: number): AsyncGenerator<unknown> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = bytes.toString('utf8', start, end);
      start = end + 1;
      if (line.trim() !== '') yield parseLine(line);
    }
    pending = bytes.subarray(start);
    if (pending.length > maxLineBytes) throw new AppError('docker_error', 'Docker sent a line that is too long.');
  }
}

const parseLine = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new AppError('docker_error', 'Docker sent a line that is not JSON.', { cause });
  }
};
