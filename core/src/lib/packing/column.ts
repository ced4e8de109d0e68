/**
 * One column of 32-bit floats, packed so that deflate finds something to do. Measured values are rarely arbitrary floats:
 * most columns are whole multiples of a unit (bytes in KiB, ratios in 1/10000), so their multiples are stored, either as they
 * are (spiky rates) or as differences (levels that drift), whichever is shorter. What fits no unit is stored as exact bits.
 */
import type { ByteReader, ByteWriter } from './bytes.ts';
import { DamagedError } from './bytes.ts';

const CONSTANT = 0;
const MULTIPLES = 1;
const DIFFERENCES = 2;
const BITS = 3;

/** value = multiple × times / per. The order is the storage format: append only. */
const UNITS = [
  { times: 1024, per: 1 },
  { times: 1, per: 1 },
  { times: 1, per: 10 },
  { times: 1, per: 100 },
  { times: 1, per: 1000 },
  { times: 1, per: 10_000 },
] as const;

/** Differences of multiples of this size still fold into a safe integer. */
const MAX_MULTIPLE = 2 ** 50;
/** Stands for NaN among multiples, which `fitUnit` never lets grow so large. */
const NAN_MULTIPLE = MAX_MULTIPLE + 1;

const bitsOf = new DataView(new ArrayBuffer(4));
const floatBits = (value: number): number => {
  bitsOf.setFloat32(0, value);
  return bitsOf.getUint32(0);
};
const floatFromBits = (bits: number): number => {
  bitsOf.setUint32(0, bits);
  return bitsOf.getFloat32(0);
};

/** The multiples of this unit that give back each value exactly, or undefined. */
const fitUnit = (column: Float32Array, { times, per }: { times: number; per: number }): Float64Array | undefined => {
  const multiples = new Float64Array(column.length);
  for (let index = 0; index < column.length; index += 1) {
    const value = column[index] ?? Number.NaN;
    if (Number.isNaN(value)) {
      multiples[index] = NAN_MULTIPLE;
      continue;
    }
    // Adding zero turns -0 into 0, which then fails the comparison: only bits can keep the sign of a zero.
    const multiple = Math.round((value * per) / times) + 0;
    const isExact = Math.abs(multiple) <= MAX_MULTIPLE && Object.is(Math.fround((multiple * times) / per), value);
    if (!isExact) return undefined;
    multiples[index] = multiple;
  }
  return multiples;
};

/** NaN is 0; every other step is its folded number plus one. */
const foldSteps = (multiples: Float64Array, isDifference: boolean): Float64Array => {
  const steps = new Float64Array(multiples.length);
  let previous = 0;
  for (let index = 0; index < multiples.length; index += 1) {
    const multiple = multiples[index] ?? NAN_MULTIPLE;
    if (multiple === NAN_MULTIPLE) continue;
    const step = isDifference ? multiple - previous : multiple;
    previous = multiple;
    steps[index] = (step < 0 ? -2 * step - 1 : 2 * step) + 1;
  }
  return steps;
};

const lengthOf = (steps: Float64Array): number => {
  let bytes = 0;
  for (const step of steps) bytes += step < 0x80 ? 1 : step < 0x4000 ? 2 : step < 0x20_0000 ? 3 : 5;
  return bytes;
};

const writeBits = (writer: ByteWriter, column: Float32Array): void => {
  // Byte planes: all sign-and-exponent bytes together, then the mantissas, so that like stands beside like.
  const planes = new Uint8Array(column.length * 4);
  let previous = 0;
  for (let index = 0; index < column.length; index += 1) {
    const bits = floatBits(column[index] ?? Number.NaN);
    const changed = bits ^ previous;
    previous = bits;
    for (let plane = 0; plane < 4; plane += 1) planes[plane * column.length + index] = changed >>> (24 - 8 * plane);
  }
  writer.byte(BITS);
  writer.bytes(planes);
};

/** Appends the column. NaN comes back as NaN (its payload bits are not kept); every other value comes back bit for bit. */
export const writeColumn = (writer: ByteWriter, column: Float32Array): void => {
  const [first] = column;
  if (first === undefined || column.every((value) => Object.is(value, first))) {
    writer.byte(CONSTANT);
    writer.varint(floatBits(first ?? Number.NaN));
    return;
  }
  for (const [unit, scale] of UNITS.entries()) {
    const multiples = fitUnit(column, scale);
    if (multiples === undefined) continue;
    const plain = foldSteps(multiples, false);
    const differences = foldSteps(multiples, true);
    const isDifference = lengthOf(differences) < lengthOf(plain);
    writer.byte(isDifference ? DIFFERENCES : MULTIPLES);
    writer.byte(unit);
    for (const step of isDifference ? differences : plain) writer.varint(step);
    return;
  }
  writeBits(writer, column);
};

const readSteps = (reader: ByteReader, column: Float32Array, isDifference: boolean): void => {
  const unit = UNITS[reader.byte()];
  if (unit === undefined) throw new DamagedError('packed column has an unknown unit');
  let previous = 0;
  for (let index = 0; index < column.length; index += 1) {
    const folded = reader.varint() - 1;
    if (folded < 0) {
      column[index] = Number.NaN;
      continue;
    }
    const step = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
    previous = isDifference ? previous + step : step;
    column[index] = (previous * unit.times) / unit.per;
  }
};

const readBits = (reader: ByteReader, column: Float32Array): void => {
  const count = column.length;
  const planes = reader.bytes(count * 4);
  let bits = 0;
  const at = (plane: number, index: number): number => planes[plane * count + index] ?? 0;
  for (let index = 0; index < count; index += 1) {
    const changed = (at(0, index) << 24) | (at(1, index) << 16) | (at(2, index) << 8) | at(3, index);
    bits = (bits ^ changed) >>> 0;
    column[index] = floatFromBits(bits);
  }
};

/** Reads a column of `count` values. @throws DamagedError */
export const readColumn = (reader: ByteReader, count: number): Float32Array => {
  const column = new Float32Array(count);
  const mode = reader.byte();
  if (mode === CONSTANT) return column.fill(floatFromBits(reader.varint()));
  if (mode === MULTIPLES || mode === DIFFERENCES) readSteps(reader, column, mode === DIFFERENCES);
  else if (mode === BITS) readBits(reader, column);
  else throw new DamagedError('packed column has an unknown mode');
  return column;
};
