/** The stretch of time that charts show, and how it stands in the address. Part of the entry: imports nothing. */

export const RANGE_KEYS = ['5m', '1h', '24h'] as const;
export type RangeKey = (typeof RANGE_KEYS)[number];

const MINUTE_MS = 60_000;
const LENGTH_MS: Record<RangeKey, number> = { '5m': 5 * MINUTE_MS, '1h': 60 * MINUTE_MS, '24h': 1440 * MINUTE_MS };
export const RANGE_LABELS: Record<RangeKey, string> = { '5m': '5 min', '1h': '1 h', '24h': '24 h' };

/** Either the newest stretch, which moves, or a fixed one that somebody zoomed into. */
export type TimeRange =
  | { kind: 'last'; key: RangeKey; lengthMs: number }
  | { kind: 'between'; fromMs: number; toMs: number };

export interface RangeSearch {
  range?: RangeKey;
  /** Unix ms; only both together mean anything. */
  from?: number;
  to?: number;
}

const isRangeKey = (value: unknown): value is RangeKey => RANGE_KEYS.some((key) => key === value);
const toInstant = (value: unknown): number | undefined => {
  const ms = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isSafeInteger(ms) && ms > 0 ? ms : undefined;
};

/** Keeps what makes sense of an address somebody may have typed. */
export const parseRangeSearch = (raw: Record<string, unknown>): RangeSearch => {
  const from = toInstant(raw.from);
  const to = toInstant(raw.to);
  return {
    ...(isRangeKey(raw.range) ? { range: raw.range } : {}),
    ...(from !== undefined && to !== undefined && from < to ? { from, to } : {}),
  };
};

export const rangeOf = ({ range, from, to }: RangeSearch, fallback: RangeKey): TimeRange => {
  if (from !== undefined && to !== undefined) return { kind: 'between', fromMs: from, toMs: to };
  const key = range ?? fallback;
  return { kind: 'last', key, lengthMs: LENGTH_MS[key] };
};
