/** Cursors of lists that are read newest first: where a page ended, as the instant and the id of its last row. */
import type { SQL } from 'drizzle-orm';
import { and, desc, eq, lt, or } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { AppError } from './errors.ts';

export interface TimeColumns {
  at: PgColumn;
  id: PgColumn;
}

const writeCursor = (row: { at: string; id: string }): string =>
  Buffer.from(`${row.at} ${row.id}`).toString('base64url');
const parseCursor = (cursor: string): { at: Date; id: string } => {
  const [, at, id] = /^(\S{24}) ([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const atMs = Date.parse(at ?? '');
  if (id === undefined || Number.isNaN(atMs))
    throw new AppError('bad_request', 'cursor: is not one that this list gave out');
  return { at: new Date(atMs), id };
};

/** The order of such a list; rows of the same instant go by their ids. */
export const newestFirst = ({ at, id }: TimeColumns): SQL[] => [desc(at), desc(id)];

/** What comes after `cursor`; undefined without one. @throws AppError `bad_request` for a cursor that is none */
export const beforeCursor = (columns: TimeColumns, cursor: string | undefined): SQL | undefined => {
  if (cursor === undefined) return undefined;
  const { at, id } = parseCursor(cursor);
  return or(lt(columns.at, at), and(eq(columns.at, at), lt(columns.id, id)));
};

/** Cuts what was read with one row more than `limit` to the page. `at` is an ISO instant. */
export const pageOf = <T>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => { at: string; id: string },
): { items: T[]; nextCursor: string | null } => {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? writeCursor(keyOf(last)) : null };
};
