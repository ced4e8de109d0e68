interface Box {
  width: number;
  height: number;
  max?: number | undefined;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Leaves room for half the stroke at top and bottom. */
const PADDING = 1;

/** A lone value has no length of its own: it takes half a step, and the newest one the half before it. */
const dashAt = (index: number, count: number): [from: number, to: number] =>
  index > 0 && index === count - 1 ? [index - 0.5, index] : [index, index + 0.5];

/**
 * The outlines of a sparkline: an open line and the closed area under it, in pieces where values are unknown. A single
 * known value between gaps becomes a short dash, so that it is not lost.
 */
export const sparkPaths = (
  values: readonly (number | null)[],
  { width, height, max }: Box,
): { line: string; area: string } => {
  const known = values.filter((value) => value !== null);
  const top = Math.max(max ?? 0, ...(max === undefined ? known : []), Number.MIN_VALUE);
  const stepX = values.length > 1 ? width / (values.length - 1) : width;
  const y = (value: number) =>
    round(height - PADDING - (Math.min(Math.max(value, 0), top) / top) * (height - 2 * PADDING));

  let line = '';
  let area = '';
  for (let start = 0; start < values.length; start += 1) {
    if (values[start] === null) continue;
    let end = start;
    while (values[end + 1] !== null && end + 1 < values.length) end += 1;
    const [from, to] = start === end ? dashAt(start, values.length) : [start, end];
    const points = values.slice(start, end + 1).map((value, i) => `${round((from + i) * stepX)} ${y(value ?? 0)}`);
    if (points.length === 1) points.push(`${round(to * stepX)} ${y(values[start] ?? 0)}`);
    line += `M${points.join('L')}`;
    area += `M${round(from * stepX)} ${height}L${points.join('L')}L${round(to * stepX)} ${height}Z`;
    start = end;
  }
  return { line, area };
};
