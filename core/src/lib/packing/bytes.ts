/**
 * Growing output and checked input of variable-length integers (LEB128, as in the DWARF standard, section 7.6): seven bits
 * a byte, least significant first. Arithmetic instead of shifts, because times and byte counts go past 32 bits.
 */

/** Packed bytes that cannot have come from `pack…`: cut off, or changed on the disk. */
export class DamagedError extends Error {}

const BIT_32 = 2 ** 31;

export interface ByteWriter {
  byte(value: number): void;
  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void;
  /** A whole number of either sign, small magnitudes first: 0, -1, 1, -2, … */
  signed(value: number): void;
  bytes(value: Uint8Array): void;
  /** What was written so far; valid until the next write. */
  view(): Uint8Array;
}

export const createByteWriter = (initialBytes = 1024): ByteWriter => {
  let buffer = new Uint8Array(initialBytes);
  let length = 0;
  const reserve = (more: number) => {
    if (length + more <= buffer.length) return;
    const grown = new Uint8Array(Math.max(buffer.length * 2, length + more));
    grown.set(buffer.subarray(0, length));
    buffer = grown;
  };
  const varint = (value: number) => {
    reserve(8);
    let rest = value;
    while (rest >= BIT_32) {
      buffer[length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      buffer[length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[length++] = rest;
  };
  return {
    varint,
    signed: (value) => varint(value < 0 ? -2 * value - 1 : 2 * value),
    byte: (value) => {
      reserve(1);
      buffer[length++] = value;
    },
    bytes: (value) => {
      reserve(value.length);
      buffer.set(value, length);
      length += value.length;
    },
    view: () => buffer.subarray(0, length),
  };
};

/** Reads what a `ByteWriter` wrote. Every method throws `DamagedError` at the end of the input. */
export interface ByteReader {
  byte(): number;
  varint(): number;
  signed(): number;
  bytes(count: number): Uint8Array;
  readonly left: number;
}

export const createByteReader = (input: Uint8Array): ByteReader => {
  let position = 0;
  const byte = (): number => {
    const value = input[position];
    if (value === undefined) throw new DamagedError('packed bytes end too early');
    position += 1;
    return value;
  };
  const varint = (): number => {
    let value = 0;
    let factor = 1;
    for (;;) {
      const next = byte();
      value += (next & 0x7f) * factor;
      if (next < 0x80) return value;
      factor *= 128;
      if (factor > Number.MAX_SAFE_INTEGER) throw new DamagedError('packed number is too long');
    }
  };
  return {
    byte,
    varint,
    signed: () => {
      const folded = varint();
      return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
    },
    bytes: (count) => {
      if (count > input.length - position) throw new DamagedError('packed bytes end too early');
      position += count;
      return input.subarray(position - count, position);
    },
    get left() {
      return input.length - position;
    },
  };
};
