/**
 * Numbers and instants as people read them. Every formatter answers "—" for null: unknown is shown, never as zero.
 * The locale is fixed to English, because mixed-language units read worse than foreign ones.
 */

const UNKNOWN = '—';

type Maybe = number | null | undefined;

const isKnown = (value: Maybe): value is number => value !== null && value !== undefined && Number.isFinite(value);

const numberFormats = new Map<number, Intl.NumberFormat>();
const numberFormat = (digits: number): Intl.NumberFormat => {
  const known = numberFormats.get(digits);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  numberFormats.set(digits, made);
  return made;
};

/** A plain number with thousands separators and a fixed number of decimals. */
export const formatNumber = (value: Maybe, digits = 0): string =>
  isKnown(value) ? numberFormat(digits).format(value) : UNKNOWN;

export const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Three significant digits look calm in a column: 9.87, 98.7, 987. */
const digitsFor = (value: number): number => {
  if (value >= 100) return 0;
  return value >= 10 ? 1 : 2;
};

/** Bytes in binary units, three significant digits: "1.42 GiB". */
export const formatBytes = (bytes: Maybe): string => {
  if (!isKnown(bytes)) return UNKNOWN;
  const size = Math.abs(bytes);
  if (size < 1024) return `${formatNumber(bytes)} B`;
  let power = Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(size) / 10));
  // 1023.9 MiB would print as "1,024 MiB": the next unit is meant.
  if (Math.round(size / 1024 ** power) >= 1024 && power < BYTE_UNITS.length - 1) power += 1;
  const scaled = bytes / 1024 ** power;
  return `${formatNumber(scaled, digitsFor(Math.abs(scaled)))} ${BYTE_UNITS[power]}`;
};

/** A rate in binary units: "3.05 MiB/s". */
export const formatBytesPerSecond = (rate: Maybe): string => (isKnown(rate) ? `${formatBytes(rate)}/s` : UNKNOWN);

/** A ratio of 0 to 1 as percent: "42 %"; one decimal below 10 % unless `digits` is given. */
export const formatPercent = (ratio: Maybe, digits?: number): string => {
  if (!isKnown(ratio)) return UNKNOWN;
  const percent = ratio * 100;
  return `${formatNumber(percent, digits ?? (percent < 9.95 ? 1 : 0))} %`;
};

/** CPU use in cores: "0.25 cores". */
export const formatCores = (cores: Maybe): string =>
  isKnown(cores) ? `${formatNumber(cores, cores < 10 ? 2 : 1)} ${cores === 1 ? 'core' : 'cores'}` : UNKNOWN;

/** Whole degrees: sensors are not more exact than that. */
export const formatCelsius = (celsius: Maybe): string => (isKnown(celsius) ? `${formatNumber(celsius)} °C` : UNKNOWN);

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const twoUnits = (ms: number, large: number, largeName: string, small: number, smallName: string): string => {
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms % large) / small);
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`;
};

/** A span of time in its two largest units: "3 d 4 h", "12 min 5 s", "850 ms". */
export const formatDuration = (ms: Maybe): string => {
  if (!isKnown(ms)) return UNKNOWN;
  const span = Math.max(0, ms);
  if (span < SECOND) return `${Math.round(span)} ms`;
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return twoUnits(span, MINUTE, 'min', SECOND, 's');
  if (span < DAY) return twoUnits(span, HOUR, 'h', MINUTE, 'min');
  return twoUnits(span, DAY, 'd', HOUR, 'h');
};

export type InstantLike = Date | string | number;
const toMs = (at: InstantLike): number => (at instanceof Date ? at.getTime() : new Date(at).getTime());

const largestUnit = (ms: number): string => {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  if (ms < 60 * DAY) return `${Math.floor(ms / DAY)} d`;
  return ms < 730 * DAY ? `${Math.floor(ms / (30.44 * DAY))} mo` : `${Math.floor(ms / (365.25 * DAY))} y`;
};

/** "now" within 5 seconds of `now`, else "2 min ago" or "in 3 h". */
export const formatRelative = (at: InstantLike, now: Date): string => {
  const delta = now.getTime() - toMs(at);
  if (!Number.isFinite(delta)) return UNKNOWN;
  const size = Math.abs(delta);
  if (size < 5 * SECOND) return 'now';
  return delta > 0 ? `${largestUnit(size)} ago` : `in ${largestUnit(size)}`;
};

const absolute = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** The full instant in the reader's own time zone: "20 Nov 2026, 21:04:31 UTC". */
export const formatAbsolute = (at: InstantLike): string =>
  Number.isFinite(toMs(at)) ? absolute.format(toMs(at)) : UNKNOWN;

/** The time of day alone: "21:04:31". */
export const formatClock = (at: InstantLike): string => (Number.isFinite(toMs(at)) ? clock.format(toMs(at)) : UNKNOWN);
