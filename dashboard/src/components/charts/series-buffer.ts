/**
 * The points of a chart: a stretch of history and what arrives live after it, column by column as the plot wants them.
 * Kept outside React, because a chart that moves each second must not render a page each second.
 */
import type { Resolution, Series } from '@serverbox/contract/series';

export type Value = number | null;

export interface SeriesBuffer {
  /** Replaces everything by a stretch of history; live points that are newer than it stay. */
  load(series: Series): void;
  /** Takes one live point; one that is not newer than the last is passed over. */
  append(atMs: number, values: readonly Value[]): void;
  /** Forgets points before this instant, but for the last of them, from which the line enters the picture. */
  trim(beforeMs: number): void;
  /** Ascending Unix ms. Live arrays: read them at once, do not keep them. */
  at(): readonly number[];
  column(index: number): readonly Value[];
  lastAtMs(): number | undefined;
  /** The newest known value of a field and nothing older than the newest point. */
  latest(index: number): Value;
  subscribe(listener: () => void): () => void;
}

/** Three missed samples are a gap: a line across it would invent values. */
const GAP_MS: Record<Resolution, number> = { raw: 16_000, '1m': 181_000, '10m': 1_801_000 };

/** `fields` fixes the order of the columns. */
export const createSeriesBuffer = (fields: readonly string[]): SeriesBuffer => {
  let at: number[] = [];
  let columns: Value[][] = fields.map(() => []);
  let gapMs = GAP_MS.raw;
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };

  const push = (atMs: number, values: readonly Value[]) => {
    const last = at.at(-1);
    if (last !== undefined && atMs - last > gapMs) {
      at.push(last + 1);
      for (const column of columns) column.push(null);
    }
    at.push(atMs);
    for (const [index, column] of columns.entries()) column.push(values[index] ?? null);
  };

  return {
    load: (series) => {
      const newest = series.at.at(-1) ?? 0;
      const live = at.flatMap((atMs, i) =>
        atMs > newest ? [{ atMs, values: columns.map((column) => column[i] ?? null) }] : [],
      );
      gapMs = GAP_MS[series.resolution];
      at = [];
      columns = fields.map(() => []);
      for (const [i, atMs] of series.at.entries())
        push(
          atMs,
          fields.map((field) => series.values[field]?.[i] ?? null),
        );
      // Raw points behind means would draw a jitter that is not in the data: means are continued by the next means.
      if (series.resolution === 'raw') for (const point of live) push(point.atMs, point.values);
      changed();
    },
    append: (atMs, values) => {
      const last = at.at(-1);
      if (last !== undefined && atMs <= last) return;
      push(atMs, values);
      changed();
    },
    trim: (beforeMs) => {
      const first = at.findIndex((atMs) => atMs >= beforeMs);
      const drop = (first === -1 ? at.length : first) - 1;
      // In batches: moving 3,600 numbers for each new one would be the dearest part of a live chart.
      if (drop < 64) return;
      at.splice(0, drop);
      for (const column of columns) column.splice(0, drop);
    },
    at: () => at,
    column: (index) => columns[index] ?? [],
    lastAtMs: () => at.at(-1),
    latest: (index) => columns[index]?.at(-1) ?? null,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
