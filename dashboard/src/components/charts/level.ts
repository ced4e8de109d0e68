type Level = 'unknown' | 'ok' | 'warning' | 'critical';

const WARNING_RATIO = 0.8;
const CRITICAL_RATIO = 0.92;

/** How full something looks. Only the colour of a bar; whether a node is in trouble is the core's decision. */
export const levelOf = (ratio: number | null): Level => {
  if (ratio === null) return 'unknown';
  if (ratio >= CRITICAL_RATIO) return 'critical';
  return ratio >= WARNING_RATIO ? 'warning' : 'ok';
};

/** Step of the heat scale (`--heat-0` … `--heat-5`); 0 stands for unknown. */
export const heatOf = (ratio: number | null): number => {
  if (ratio === null) return 0;
  return [0.25, 0.5, WARNING_RATIO, CRITICAL_RATIO].filter((step) => ratio >= step).length + 1;
};

/** A part of a whole, null when either is unknown or the whole is nothing. */
export const ratioOf = (part: number | null | undefined, whole: number | null | undefined): number | null =>
  part === null || part === undefined || !whole ? null : part / whole;
