/** Cuts what the sampler prints into answers. Hostile until parsed: an answer has a largest size, and no part is kept twice. */

/** What 512 processors, 500 interfaces and 256 disks need, many times over. */
const MAX_FRAME_BYTES = 1024 * 1024;
/** A banner of a login shell comes before the first answer; more than that is not a banner. */
const MAX_NOISE_BYTES = 64 * 1024;
const FIRST_CAPACITY_BYTES = 16 * 1024;

/** The node prints what no sampler prints: asking it again at once is useless. */
export class FrameError extends Error {}

/** The lines of one answer by the file that they come from. */
export type Frame = ReadonlyMap<string, readonly string[]>;

export const linesOf = (frame: Frame, file: string): readonly string[] => frame.get(file) ?? [];
/** The first line without white space around it; empty when the node has no such file. */
export const firstLine = (frame: Frame, file: string): string => linesOf(frame, file)[0]?.trim() ?? '';

const splitFrame = (text: string): Frame => {
  const frame = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const file = line.slice(0, colon);
    const known = frame.get(file);
    if (known === undefined) frame.set(file, [line.slice(colon + 1)]);
    else known.push(line.slice(colon + 1));
  }
  return frame;
};

export interface FrameReader {
  /** Takes the next piece of output. Returns the answer to `number` when it is complete. @throws FrameError */
  take(chunk: Buffer, number: number): Frame | undefined;
}

export const createFrameReader = (): FrameReader => {
  // One buffer that grows: a node that sends single bytes must not cost a copy, or a search, of everything for each.
  let held = Buffer.alloc(FIRST_CAPACITY_BYTES);
  let size = 0;
  /** Where the answer begins, and up to where its end was searched for. */
  let start: number | undefined;
  let searched = 0;

  const hold = (chunk: Buffer): void => {
    if (size + chunk.length > MAX_FRAME_BYTES) throw new FrameError('an answer is longer than 1 MiB');
    if (size + chunk.length > held.length) {
      const grown = Buffer.alloc(Math.max(size + chunk.length, held.length * 2));
      held.copy(grown, 0, 0, size);
      held = grown;
    }
    size += chunk.copy(held, size);
  };
  /** Goes on where the last search ended, and a little before: a mark may have come in two pieces. */
  const find = (mark: string): number | undefined => {
    const from = Math.max(start ?? 0, searched - mark.length);
    searched = size;
    const found = held.subarray(from, size).indexOf(mark);
    return found < 0 ? undefined : from + found;
  };
  const findStart = (number: number): number | undefined => {
    const mark = `@frame:${number}\n`;
    const found = find(mark);
    if (found === undefined) return undefined;
    searched = 0;
    return found + mark.length;
  };
  return {
    take: (chunk, number) => {
      hold(chunk);
      start ??= findStart(number);
      if (start === undefined) {
        if (size > MAX_NOISE_BYTES) throw new FrameError('something else than an answer came');
        return undefined;
      }
      const end = find(`@end:${number}\n`);
      if (end === undefined) return undefined;
      // Names in kernel files are UTF-8 by custom.
      const text = held.toString('utf8', start, end);
      [size, start, searched] = [0, undefined, 0];
      return splitFrame(text);
    },
  };
};
