/** Reading the rings. Every query is limited by series and time; blocks are decoded for the wanted columns only. */
import type pg from 'pg';
import type { Block } from '../../lib/packing/block.ts';
import { unpackBlock } from '../../lib/packing/block.ts';
import type { TimeRange } from './columns.ts';
import { mergeBlocks } from './columns.ts';
import type { RolledRing } from './rings.ts';
import { HOT, RAW } from './rings.ts';
import { readFloat32Array, readFloat64Array } from './sent-arrays.ts';

export interface BlockRequest {
  seriesIds: readonly number[];
  /** Indexes of the wanted columns. */
  columns: readonly number[];
  range: TimeRange;
}

const EPOCH_MS = `date_part('epoch', at) * 1000`;
const instantsOf = ({ from, to }: TimeRange): [Date, Date] => [new Date(from), new Date(to)];

/** Samples that are not packed yet, in no order, of all slots or of one. */
export const readHot = async (
  client: pg.ClientBase,
  { seriesIds, columns, range }: BlockRequest,
  table: string = HOT.table,
): Promise<Map<number, Block>> => {
  const picked = columns.map((_, index) => `, array_send(array_agg(v[$${index + 4}::int]))`).join('');
  const { rows } = await client.query<[number, Buffer, ...Buffer[]]>({
    name: `${table}_${columns.length}`,
    rowMode: 'array',
    text: `SELECT series_id, array_send(array_agg(${EPOCH_MS}))${picked} FROM ${table}
           WHERE series_id = ANY ($1::int[]) AND at >= $2 AND at < $3 GROUP BY series_id`,
    values: [seriesIds, ...instantsOf(range), ...columns.map((column) => column + 1)],
  });
  return new Map(
    rows.map(([id, at, ...values]) => [
      id,
      { at: readFloat64Array(at).map(Math.round), columns: values.map(readFloat32Array) },
    ]),
  );
};

const groupBlocks = (
  rows: readonly { series_id: number; body: Buffer }[],
  columns: readonly number[],
): Map<number, Block[]> => {
  const blocks = new Map<number, Block[]>();
  for (const { series_id, body } of rows) {
    blocks.set(series_id, [...(blocks.get(series_id) ?? []), unpackBlock(body, columns)]);
  }
  return blocks;
};

const readRaw = async (client: pg.ClientBase, { seriesIds, columns, range }: BlockRequest) => {
  const { rows } = await client.query<{ series_id: number; body: Buffer }>({
    name: 'metric_read_raw',
    text: `SELECT series_id, body FROM ${RAW.table}
           WHERE series_id = ANY ($1::int[]) AND to_at >= $2 AND from_at < $3 ORDER BY from_at`,
    values: [seriesIds, ...instantsOf(range)],
  });
  return groupBlocks(rows, columns);
};

/**
 * All stored samples of the series, ascending. The unpacked ones are read first: a sample that is packed between the two
 * queries is then read twice and kept once; the other way round it would be missed.
 */
export const readSamples = async (client: pg.ClientBase, request: BlockRequest): Promise<Map<number, Block>> => {
  const hot = await readHot(client, request);
  const raw = await readRaw(client, request);
  return new Map(
    request.seriesIds.flatMap((id) => {
      const hotBlock = hot.get(id);
      const blocks = [...(raw.get(id) ?? []), ...(hotBlock === undefined ? [] : [hotBlock])];
      return blocks.length === 0 ? [] : [[id, mergeBlocks(blocks, request.columns.length, request.range)] as const];
    }),
  );
};

/** Stored blocks of a rolled ring that touch the range, ascending; `columns` count means first, then maxima. */
export const readRolled = async (
  client: pg.ClientBase,
  ring: RolledRing,
  { seriesIds, columns, range }: BlockRequest,
): Promise<Map<number, Block[]>> => {
  const { rows } = await client.query<{ series_id: number; body: Buffer }>({
    name: `metric_read_${ring.table}`,
    text: `SELECT series_id, body FROM ${ring.table}
           WHERE series_id = ANY ($1::int[]) AND from_at > $2 AND from_at < $3 ORDER BY from_at`,
    values: [seriesIds, new Date(range.from - ring.blockMs), new Date(range.to)],
  });
  return groupBlocks(rows, columns);
};
