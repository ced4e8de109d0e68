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

const writeInstant = (view: DataView, atMs: number, offset: number): void => {
  const micros = (Math.round(atMs) - EPOCH_2000_MS) * 1000;
  const high = Math.floor(micros / WORD);
  view.setInt32(offset, high);
  view.setUint32(offset + 4, micros - high * WORD);
};

/** A view writes a row several times as fast as the methods of a buffer, which check each number. */
const writeRow = (view: DataView, { seriesId, slot, at, values }: HotRow, start: number): number => {
  view.setInt16(start, 4); // fields, each with its length before it
  view.setInt32(start + 2, 4);
  view.setInt32(start + 6, seriesId);
  view.setInt32(start + 10, 2);
  view.setInt16(start + 14, slot);
  view.setInt32(start + 16, 8);
  writeInstant(view, at, start + 20);
  view.setInt32(start + 28, 20 + 8 * values.length);
  view.setInt32(start + 32, 1); // dimensions
  view.setInt32(start + 36, 0); // no NULL among the elements: what is not known is NaN
  view.setInt32(start + 40, FLOAT4_OID);
  view.setInt32(start + 44, values.length);
  view.setInt32(start + 48, 1); // lower bound
  let offset = start + ROW_BYTES;
  for (let index = 0; index < values.length; index += 1) {
    view.setInt32(offset, 4);
    view.setFloat32(offset + 4, values[index] ?? Number.NaN);
    offset += 8;
  }
  return offset;
};

/** The whole content of one COPY, header and trailer included. */
export const encodeHotRows = (rows: readonly HotRow[]): Buffer => {
  const rowBytes = rows.reduce((sum, { values }) => sum + ROW_BYTES + 8 * values.length, 0);
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + rowBytes + TRAILER_BYTES);
  SIGNATURE.copy(buffer);
  buffer.fill(0, SIGNATURE.length, HEADER_BYTES); // no flags, no extension
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let offset = HEADER_BYTES;
  for (const row of rows) offset = writeRow(view, row, offset);
  buffer.writeInt16BE(-1, offset);
  return buffer;
};
