/**
 * The beginning of an output, up to a cap; what comes after is counted and let go. What was taken for the database is not kept
 * here any longer.
 */
export interface Head {
  push(chunk: Buffer): void;
  /** What is new since the last time. */
  take(): Buffer;
  /** What was taken could not be written: it is new again. */
  giveBack(taken: Buffer): void;
  /** So much was written in all, kept or not. */
  readonly totalBytes: number;
  readonly keptBytes: number;
  readonly hasNews: boolean;
}

export const createHead = (maxBytes: number): Head => {
  let fresh: Buffer[] = [];
  let keptBytes = 0;
  let totalBytes = 0;
  let hasNews = false;
  return {
    push: (chunk) => {
      totalBytes += chunk.length;
      hasNews = true;
      const room = maxBytes - keptBytes;
      if (room <= 0) return;
      // A copy, where the chunk is a small part of a large packet buffer that it would keep alive.
      const part = Buffer.from(chunk.subarray(0, room));
      fresh.push(part);
      keptBytes += part.length;
    },
    take: () => {
      const taken = Buffer.concat(fresh);
      fresh = [];
      hasNews = false;
      return taken;
    },
    giveBack: (taken) => {
      fresh.unshift(taken);
      hasNews = true;
    },
    get totalBytes() {
      return totalBytes;
    },
    get keptBytes() {
      return keptBytes;
    },
    get hasNews() {
      return hasNews;
    },
  };
};

/** Kept bytes as text: invalid UTF-8 becomes U+FFFD, but a character that the cut has torn is left out. */
export const headText = (bytes: Buffer, isCut: boolean): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: isCut });

export interface Chunk {
  /** Where in the whole output it begins. */
  offset: number;
  bytes: Buffer;
}
export interface Stored {
  keptBytes: number;
  totalBytes: number;
}

/**
 * What a chunk that was sent, maybe for the second time, adds to an output. Undefined: bytes before it are missing.
 * Pure; `append` is what to add to the kept beginning.
 */
export const addChunk = (
  { keptBytes, totalBytes }: Stored,
  { offset, bytes }: Chunk,
  maxBytes: number,
): (Stored & { append: Buffer }) | undefined => {
  const isGap = offset > totalBytes && totalBytes < maxBytes;
  if (isGap) return undefined;
  const append = bytes.subarray(Math.max(0, keptBytes - offset), Math.max(0, maxBytes - offset));
  return {
    append: keptBytes < maxBytes ? append : Buffer.alloc(0),
    keptBytes: keptBytes < maxBytes ? keptBytes + append.length : keptBytes,
    totalBytes: Math.max(totalBytes, offset + bytes.length),
  };
};
