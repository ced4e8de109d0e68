/** The canvas of a chart: uPlot and all that is particular to it. This file is the lazy chart chunk. */
import 'uplot/dist/uPlot.min.css';
import UPlot from 'uplot';
import { formatClock } from '../../lib/format.ts';
import { readToken } from '../../lib/tokens.ts';
import type { ChartSpec } from './chart-spec.ts';
import { incrementsOf, ticksOf, topOf } from './chart-spec.ts';
import type { TimeRange } from './range.ts';
import type { SeriesBuffer } from './series-buffer.ts';

interface PlotOptions {
  host: HTMLElement;
  spec: ChartSpec;
  buffer: SeriesBuffer;
  /** Column of a field in the buffer. */
  columnOf(field: string): number;
  range(): TimeRange;
  /** Charts with the same key share their cursor. */
  syncKey: string;
  /** The instant under the cursor and its place in the buffer; null when there is none. */
  onCursor(index: number | null): void;
  onZoom(fromMs: number, toMs: number): void;
  onReset(): void;
}

export interface Plot {
  /** Draws what the buffer holds now. */
  update(): void;
  resize(): void;
  destroy(): void;
}

const AXIS_WIDTH_PX = 72;
const SHORTEST_ZOOM_MS = 5000;
const MINUTE_MS = 60_000;

const windowOf = (range: TimeRange, lastAtMs: number | undefined): [number, number] => {
  if (range.kind === 'between') return [range.fromMs, range.toMs];
  // The right edge is the newest sample's own time: clocks of browser and server need not agree.
  const to = lastAtMs ?? Date.now();
  return [to - range.lengthMs, to];
};

/** The line's colour, fading to nothing at the bottom. */
const fade = (color: string) => (u: UPlot) => {
  const gradient = u.ctx.createLinearGradient(0, u.bbox.top, 0, u.bbox.top + u.bbox.height);
  gradient.addColorStop(0, `${color}4d`);
  gradient.addColorStop(1, `${color}05`);
  return gradient;
};

const seriesOf = (spec: ChartSpec): UPlot.Series[] => [
  {},
  ...spec.lines.map((line) => {
    const color = readToken(line.color);
    return {
      label: line.label,
      scale: 'y',
      stroke: color,
      width: 1.5,
      points: { show: false },
      ...(line.isFilled ? { fill: fade(color) } : {}),
    };
  }),
];

const MIN_LABEL_PX = 42;
const SECONDS_LABEL_PX = 60;

/** Labels below a minute carry seconds and are wider: where they do not fit, steps of half a minute are ruled out. */
const labelSpacePx = (widthPx: number, rangeMs: number): number => {
  const halfMinutePx = (widthPx * MINUTE_MS) / 2 / rangeMs;
  return halfMinutePx < SECONDS_LABEL_PX ? Math.max(MIN_LABEL_PX, halfMinutePx + 1) : SECONDS_LABEL_PX;
};

const axesOf = (spec: ChartSpec): UPlot.Axis[] => {
  const font = `11px ${readToken('--font-ui')}`;
  const shared = {
    stroke: readToken('--chart-axis'),
    font,
    grid: { stroke: readToken('--chart-grid'), width: 1 },
    ticks: { show: false },
  };
  const increments = incrementsOf(spec.unit);
  return [
    {
      ...shared,
      size: 24,
      space: (_u, _axis, fromMs, toMs, widthPx) => labelSpacePx(widthPx, toMs - fromMs),
      values: (_u, splits, _axis, _space, stepMs) =>
        splits.map((at) => (stepMs < MINUTE_MS ? formatClock(at) : formatClock(at).slice(0, 5))),
    },
    {
      ...shared,
      scale: 'y',
      size: AXIS_WIDTH_PX,
      space: 34,
      values: (_u, splits) => ticksOf(spec.unit, splits),
      ...(increments ? { incrs: increments } : {}),
    },
  ];
};

const optionsOf = (given: PlotOptions): UPlot.Options => {
  const { host, spec, buffer, columnOf } = given;
  const limit = () => (spec.limitField === undefined ? null : buffer.latest(columnOf(spec.limitField)));
  return {
    width: host.clientWidth,
    height: host.clientHeight,
    ms: 1,
    legend: { show: false },
    // Half of the last label stands beyond the last sample.
    padding: [8, 20, 0, 0],
    scales: {
      x: { time: true, auto: false, range: () => windowOf(given.range(), buffer.lastAtMs()) },
      y: { range: (_u, _min, max) => [0, topOf(spec.unit, max, limit())] },
    },
    series: seriesOf(spec),
    axes: axesOf(spec),
    cursor: {
      y: false,
      // Only the pointer is shared: a zoom dragged in one chart must not be asked for by each of the others again.
      sync: {
        key: given.syncKey,
        setSeries: false,
        scales: ['x', null],
        filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' },
      },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7, width: 2, fill: readToken('--bg') },
      bind: {
        dblclick: () => () => {
          given.onReset();
          return null;
        },
      },
    },
    hooks: {
      setCursor: [
        (u) => given.onCursor(u.cursor.left !== undefined && u.cursor.left >= 0 ? (u.cursor.idx ?? null) : null),
      ],
      setSelect: [
        (u) => {
          const from = Math.round(u.posToVal(u.select.left, 'x'));
          const to = Math.round(u.posToVal(u.select.left + u.select.width, 'x'));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          if (to - from >= SHORTEST_ZOOM_MS) given.onZoom(from, to);
        },
      ],
    },
  };
};

/** Draws into `host`, which has to have its size already. Nothing is drawn but by `update` and `resize`. */
export const createPlot = (given: PlotOptions): Plot => {
  const { buffer, spec, columnOf, host } = given;
  const table = (): UPlot.AlignedData =>
    [[...buffer.at()], ...spec.lines.map((line) => [...buffer.column(columnOf(line.field))])] as UPlot.AlignedData;
  const plot = new UPlot(optionsOf(given), table(), host);
  return {
    update: () => plot.setData(table()),
    resize: () => {
      if (host.clientWidth > 0) plot.setSize({ width: host.clientWidth, height: host.clientHeight });
    },
    destroy: () => plot.destroy(),
  };
};
