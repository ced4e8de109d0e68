/**
 * Arrays of floats as the server's own `array_send` writes them. A chart reads thousands of floats: as text, each would be
 * printed there and parsed here, and the driver reads every other binary column as UTF-8.
 */

const ARRAY_HEADER_BYTES = 12;
const DIMENSION_BYTES = 8;

/** One-dimensional; NULL elements are NaN. */
const readArray = <T extends Float32Array | Float64Array>(bytes: Buffer, make: (length: number) => T): T => {
  if (bytes.readInt32BE(0) === 0) return make(0);
  const values = make(bytes.readInt32BE(ARRAY_HEADER_BYTES));
  const isSingle = values.BYTES_PER_ELEMENT === 4;
  let offset = ARRAY_HEADER_BYTES + DIMENSION_BYTES;
  for (let index = 0; index < values.length; index += 1) {
    const length = bytes.readInt32BE(offset);
    offset += 4;
    if (length < 0) {
      values[index] = Number.NaN;
      continue;
    }
    values[index] = isSingle ? bytes.readFloatBE(offset) : bytes.readDoubleBE(offset);
    offset += length;
  }
  return values;
};

/** `array_send` of a `real[]`. */
export const readFloat32Array = (bytes: Buffer): Float32Array => readArray(bytes, (length) => new Float32Array(length));
/** `array_send` of a `float8[]`. */
export const readFloat64Array = (bytes: Buffer): Float64Array => readArray(bytes, (length) => new Float64Array(length));
