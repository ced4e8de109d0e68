/**
 * A block of rows (one instant and a fixed number of floats each) as bytes for the database: about one byte a value on real
 * measurements. Stored column by column, so that a reader decodes only the columns it asks for. Pure: no clock, no I/O.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ByteReader } from './bytes.ts';
import { createByteReader, createByteWriter, DamagedError } from './bytes.ts';
import { readColumn, writeColumn } from './column.ts';

const FORMAT = 1;
/** Far above any block of ours; stops a damaged one from filling the memory. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;
const MAX_ROWS = 100_000;
const MAX_COLUMNS = 1000;

/** Columns of equal length. `at` are Unix milliseconds, whole numbers; ascending packs best but is not required. */
export interface Block {
  at: Float64Array;
  columns: readonly Float32Array[];
}

export const packBlock = ({ at, columns }: Block): Buffer => {
  const writer = createByteWriter(at.length * 8 + 64);
  writer.varint(at.length);
  writer.varint(columns.length);
  let previous = 0;
  let previousStep = 0;
  for (const instant of at) {
    // The change of the step, which is nearly always zero: samples come at a steady pace.
    const step = instant - previous;
    writer.signed(step - previousStep);
    previous = instant;
    previousStep = step;
  }
  for (const column of columns) {
    if (column.length !== at.length) throw new RangeError('every column of a block has one value for each instant');
    const packed = createByteWriter(column.length * 2 + 16);
    writeColumn(packed, column);
    writer.varint(packed.view().length);
    writer.bytes(packed.view());
  }
  return Buffer.concat([Buffer.of(FORMAT), deflateRawSync(writer.view(), { level: 6 })]);
};

const inflate = (packed: Uint8Array): Uint8Array => {
  if (packed[0] !== FORMAT) throw new DamagedError('packed block has an unknown format');
  try {
    return inflateRawSync(packed.subarray(1), { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (cause) {
    throw new DamagedError('packed block cannot be inflated', { cause });
  }
};

const readInstants = (reader: ByteReader, count: number): Float64Array => {
  const at = new Float64Array(count);
  let previous = 0;
  let step = 0;
  for (let index = 0; index < count; index += 1) {
    step += reader.signed();
    previous += step;
    at[index] = previous;
  }
  return at;
};

/**
 * Gives the block back. With `wanted`, only these columns (by index, in that order) are decoded and returned.
 * @throws DamagedError
 */
export const unpackBlock = (packed: Uint8Array, wanted?: readonly number[]): Block => {
  const reader = createByteReader(inflate(packed));
  const rowCount = reader.varint();
  const columnCount = reader.varint();
  if (rowCount > MAX_ROWS || columnCount > MAX_COLUMNS) throw new DamagedError('packed block has an impossible size');
  const at = readInstants(reader, rowCount);
  const bodies = Array.from({ length: columnCount }, () => reader.bytes(reader.varint()));
  const indexes = wanted ?? bodies.map((_, index) => index);
  const columns = indexes.map((index) => {
    const body = bodies[index];
    // A column that a newer version added: not known in this block.
    if (body === undefined) return new Float32Array(rowCount).fill(Number.NaN);
    return readColumn(createByteReader(body), rowCount);
  });
  return { at, columns };
};
