/** What a chart draws, apart from where its points come from. */
import {
  BYTE_UNITS,
  formatBytes,
  formatBytesPerSecond,
  formatCelsius,
  formatNumber,
  formatPercent,
} from '../../lib/format.ts';

export interface ChartLine<F extends string = string> {
  field: F;
  label: string;
  color: `--chart-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`;
  isFilled?: boolean;
}
type ChartUnit = 'ratio' | 'bytes' | 'bytesPerSecond' | 'cores' | 'number' | 'celsius';

export interface ChartSpec<F extends string = string> {
  title: string;
  unit: ChartUnit;
  lines: readonly ChartLine<F>[];
  /** The field that holds the most there can be (memory's total): the top of the scale, not drawn. */
  limitField?: F;
}

export const FORMATS: Record<ChartUnit, (value: number | null) => string> = {
  ratio: (value) => formatPercent(value),
  bytes: formatBytes,
  bytesPerSecond: formatBytesPerSecond,
  cores: (value) => formatNumber(value, 2),
  number: (value) => formatNumber(value, 1),
  celsius: formatCelsius,
};

const TICK_UNITS: Record<ChartUnit, readonly string[]> = {
  ratio: ['%'],
  bytes: BYTE_UNITS,
  bytesPerSecond: BYTE_UNITS.map((unit) => `${unit}/s`),
  cores: [''],
  number: [''],
  celsius: ['°C'],
};
const MOST_DIGITS = 3;

/** As few decimals as tell every number exactly; nobody needs to see that a third of a step is not a round one. */
const digitsOf = (numbers: readonly number[]): number => {
  const digits = [0, 1, 2].find((count) =>
    numbers.every((value) => Math.abs(value - Number(value.toFixed(count))) < 1e-9),
  );
  return digits ?? MOST_DIGITS;
};

/** The words on an axis: one unit for all, that of the largest, and the same decimals, so that no two are alike. */
export const ticksOf = (unit: ChartUnit, values: readonly number[]): string[] => {
  const names = TICK_UNITS[unit];
  const largest = Math.max(...values.map(Math.abs), 0);
  const power = Math.max(0, Math.min(names.length - 1, Math.floor(Math.log2(largest) / 10)));
  const scaled = values.map((value) => (unit === 'ratio' ? value * 100 : value / 1024 ** power));
  const digits = digitsOf(scaled);
  return scaled.map((value) => `${formatNumber(value, value === 0 ? 0 : digits)} ${names[power]}`.trim());
};

const RATIO_TOPS = [0.05, 0.1, 0.25, 0.5, 1];
const SMALLEST_TOP: Record<ChartUnit, number> = {
  ratio: 0.05,
  bytes: 1024 * 1024,
  bytesPerSecond: 1024,
  cores: 0.1,
  number: 1,
  celsius: 50,
};
const HEADROOM = 1.12;

/**
 * The top of the scale. Ratios stay on few steps so that a live chart does not breathe with every sample; everything
 * begins at zero, because a line that starts elsewhere exaggerates.
 */
export const topOf = (unit: ChartUnit, dataMax: number | null, limit: number | null): number => {
  if (limit !== null && limit > 0) return limit;
  const wanted = Math.max((dataMax ?? 0) * HEADROOM, SMALLEST_TOP[unit]);
  return unit === 'ratio' ? (RATIO_TOPS.find((top) => top >= wanted) ?? 1) : wanted;
};

/** Distances between grid lines: powers of two for bytes, which are shown in binary units. */
export const incrementsOf = (unit: ChartUnit): number[] | undefined =>
  unit === 'bytes' || unit === 'bytesPerSecond' ? Array.from({ length: 50 }, (_, power) => 2 ** power) : undefined;
