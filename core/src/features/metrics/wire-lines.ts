/** Cuts a byte stream into lines without ever holding more than one line of the permitted length. */

export class LineTooLongError extends Error {}

const FIRST_CAPACITY_BYTES = 4096;

/** Feed it chunks as they come; it returns the lines that are complete, without their newline. @throws LineTooLongError */
export const createLineCutter = (maxLineBytes: number): ((chunk: Buffer) => Buffer[]) => {
  // One buffer that grows, not a list of pieces: a peer that sends single bytes must not cost an object for each.
  let held = Buffer.alloc(0);
  let heldBytes = 0;

  const hold = (piece: Buffer): void => {
    const length = heldBytes + piece.length;
    if (length > maxLineBytes) throw new LineTooLongError(`a line is longer than ${maxLineBytes} bytes`);
    if (length > held.length) {
      const grown = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY_BYTES, held.length * 2, length));
      held.copy(grown, 0, 0, heldBytes);
      held = grown;
    }
    piece.copy(held, heldBytes);
    heldBytes = length;
  };
  const finish = (piece: Buffer): Buffer => {
    if (heldBytes === 0 && piece.length <= maxLineBytes) return piece;
    hold(piece);
    const line = held.subarray(0, heldBytes);
    held = Buffer.alloc(0);
    heldBytes = 0;
    return line;
  };

  return (chunk) => {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      lines.push(finish(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) hold(chunk.subarray(start));
    return lines;
  };
};
