/** One measured figure, and what is said about it. Goals are ratios where a limit was measured beside ours: a busy machine slows both. */

export type Unit = 'ms' | 'MB' | 'MB/s' | 'KB' | 'B' | '1/s' | '%' | 'requests';

export interface Figure {
  /** As in the list of goals, such as `T1`. */
  id: string;
  what: string;
  unit: Unit;
  better: 'lower' | 'higher';
  ours: number;
  /** The best that can be had with these means, measured in the same run. */
  limit?: { name: string; value: number };
  /** `ofLimit` is judged where there is a limit, `absolute` otherwise; a figure without a goal is told, not judged. */
  goal: { ofLimit?: number; absolute?: number };
  /** What the load of the machine cannot change: sizes, counts, bounds of memory. */
  isExact?: boolean;
  /** What is missing from the number: how it was taken, what it includes. */
  note?: string;
}

export type Verdict = 'met' | 'missed' | 'noisy' | 'told';

export const ratioOf = ({ ours, limit }: Figure): number | undefined =>
  limit === undefined || limit.value === 0 ? undefined : ours / limit.value;

/** `isQuiet`: the machine was idle enough before the run for its timings to mean something. */
export const judge = (figure: Figure, isQuiet: boolean): Verdict => {
  const { goal, better, ours } = figure;
  const ratio = ratioOf(figure);
  const isRelative = goal.ofLimit !== undefined && ratio !== undefined;
  const wanted = isRelative ? goal.ofLimit : goal.absolute;
  if (wanted === undefined) return 'told';
  if (figure.isExact !== true && !isQuiet) return 'noisy';
  const measured = isRelative ? ratio : ours;
  return (better === 'lower' ? measured <= wanted : measured >= wanted) ? 'met' : 'missed';
};

const sign = (better: Figure['better']): string => (better === 'lower' ? '≤' : '≥');

/** The goal in words: the one that is judged first. */
export const goalText = ({ goal, better, unit, limit }: Figure): string => {
  const relative = goal.ofLimit === undefined || limit === undefined ? [] : [`${sign(better)} ${goal.ofLimit} × limit`];
  const absolute = goal.absolute === undefined ? [] : [`${sign(better)} ${formatNumber(goal.absolute)} ${unit}`];
  const [first, ...rest] = [...relative, ...absolute];
  if (first === undefined) return '—';
  return rest.length === 0 ? first : `${first} (${rest.join(', ')})`;
};

/** Three significant digits, thousands kept whole. */
export const formatNumber = (value: number): string => {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
};
