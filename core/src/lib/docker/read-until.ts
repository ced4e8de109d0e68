import type { Duplex } from 'node:stream';
import { connectionError } from './engine-errors.ts';

/**
 * Reads from a paused stream until `isComplete` says how many of the bytes so far belong together; gives the surplus back to
 * the stream. Undefined when the stream ends before that. Rejects with what `isComplete` throws.
 */
export const readUntil = (
  stream: Duplex,
  isComplete: (bytes: Buffer) => number | undefined,
): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const finish = (settle: () => void): void => {
      for (const [event, listener] of listeners) stream.removeListener(event, listener);
      settle();
    };
    /** True when nothing more is to be read. */
    const take = (chunk: Buffer): boolean => {
      bytes = Buffer.concat([bytes, chunk]);
      const length = isComplete(bytes);
      if (length === undefined) return false;
      const rest = bytes.subarray(length);
      finish(() => resolve(bytes.subarray(0, length)));
      if (rest.length > 0) stream.unshift(rest);
      return true;
    };
    const onReadable = (): void => {
      try {
        for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) {
          if (take(chunk)) return;
        }
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const onEnd = (): void => finish(() => resolve(undefined));
    const onError = (error: Error): void => finish(() => reject(connectionError(error)));
    const listeners: readonly (readonly [string, (error: Error) => void])[] = [
      ['readable', onReadable],
      ['end', onEnd],
      ['close', onEnd],
      ['error', onError],
    ];
    for (const [event, listener] of listeners) stream.on(event, listener);
    onReadable();
  });
