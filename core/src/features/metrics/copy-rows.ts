/** Rows of `metric_hot` in PostgreSQL's binary COPY format (manual, chapter COPY, "Binary Format"). Pure. */

export interface HotRow {
  seriesId: number;
  slot: number;
  /** Unix milliseconds. */
  at: number;
  values: Float32Array;
}

export const COPY_HOT = 'COPY metric_hot (series_id, slot, at, v) FROM STDIN BINARY';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_BYTES = SIGNATURE.length + 8;
const TRAILER_BYTES = 2;
/** Field count, then length and content of the first three fields, then length and header of the array. */
const ROW_BYTES = 2 + 8 + 6 + 12 + 4 + 20;
const FLOAT4_OID = 700;

/** PostgreSQL counts microseconds since the year 2000. */
const EPOCH_2000_MS = 946_684_800_000;
const WORD = 2 ** 32;

const writeInstant = (buffer: Buffer, atMs: number, offset: number): void => {
  const micros = (Math.round(atMs) - EPOCH_2000_MS) * 1000;
  const high = Math.floor(micros / WORD);
  buffer.writeInt32BE(high, offset);
  buffer.writeUInt32BE(micros - high * WORD, offset + 4);
};

const writeRow = (buffer: Buffer, { seriesId, slot, at, values }: HotRow, start: number): number => {
  let offset = buffer.writeInt16BE(4, start);
  offset = buffer.writeInt32BE(4, offset);
  offset = buffer.writeInt32BE(seriesId, offset);
  offset = buffer.writeInt32BE(2, offset);
  offset = buffer.writeInt16BE(slot, offset);
  offset = buffer.writeInt32BE(8, offset);
  writeInstant(buffer, at, offset);
  offset = buffer.writeInt32BE(20 + 8 * values.length, offset + 8);
  offset = buffer.writeInt32BE(1, offset); // dimensions
  offset = buffer.writeInt32BE(0, offset); // no NULL among the elements: what is not known is NaN
  offset = buffer.writeInt32BE(FLOAT4_OID, offset);
  offset = buffer.writeInt32BE(values.length, offset);
  offset = buffer.writeInt32BE(1, offset); // lower bound
  for (const value of values) {
    offset = buffer.writeInt32BE(4, offset);
    offset = buffer.writeFloatBE(value, offset);
  }
  return offset;
};

/** The whole content of one COPY, header and trailer included. */
export const encodeHotRows = (rows: readonly HotRow[]): Buffer => {
  const rowBytes = rows.reduce((sum, { values }) => sum + ROW_BYTES + 8 * values.length, 0);
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + rowBytes + TRAILER_BYTES);
  SIGNATURE.copy(buffer);
  buffer.fill(0, SIGNATURE.length, HEADER_BYTES); // no flags, no extension
  let offset = HEADER_BYTES;
  for (const row of rows) offset = writeRow(buffer, row, offset);
  buffer.writeInt16BE(-1, offset);
  return buffer;
};
