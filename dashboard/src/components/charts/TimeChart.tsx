import type { RefObject } from 'react';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { usePreferences, useResolvedTheme } from '../../hooks/use-appearance.ts';
import { formatClock } from '../../lib/format.ts';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { QueryError } from '../page/QueryError.tsx';
import type { ChartSpec } from './chart-spec.ts';
import { FORMATS } from './chart-spec.ts';
import type { Plot } from './plot.ts';
import type { SeriesBuffer } from './series-buffer.ts';
import styles from './TimeChart.module.css';
import type { SeriesSource } from './use-series.ts';

interface TimeChartProps {
  spec: ChartSpec;
  source: SeriesSource;
  syncKey: string;
  onZoom(fromMs: number, toMs: number): void;
  onReset(): void;
  height?: number;
}

const DEFAULT_HEIGHT_PX = 180;

/**
 * A chart over time with its legend. Live points reach the canvas and the legend's figures directly, once a frame and only
 * while the tab is seen: React renders nothing for them.
 */
export const TimeChart = (props: TimeChartProps) => {
  const { spec, source, height = DEFAULT_HEIGHT_PX } = props;
  const host = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLDListElement>(null);
  useDrawing(host, legend, props);

  return (
    <figure className={styles.chart} aria-label={spec.title}>
      <figcaption className={styles.head}>
        <h3 className={styles.title}>{spec.title}</h3>
        <time className={styles.clock} />
        <dl ref={legend} className={styles.legend}>
          {spec.lines.map((line) => (
            <div key={line.field} className={styles.entry}>
              <dt className={styles.label}>
                <span className={styles.swatch} data-color={line.color.slice(-1)} />
                {line.label}
              </dt>
              <dd className={styles.value} data-field={line.field}>
                —
              </dd>
            </div>
          ))}
        </dl>
      </figcaption>
      <div className={styles.body} style={{ height }}>
        <div
          ref={host}
          className={styles.host}
          aria-hidden="true"
          data-hidden={source.status !== 'ready' || source.isEmpty || undefined}
        />
        <ChartCover title={spec.title} source={source} />
      </div>
    </figure>
  );
};

/** What stands in the place of the plot while there is nothing to plot. */
const ChartCover = ({ title, source }: { title: string; source: SeriesSource }) => {
  if (source.status === 'loading') {
    return (
      <div className={styles.cover} aria-busy="true">
        <Skeleton shape="block" height="100%" />
      </div>
    );
  }
  if (source.status === 'failed') {
    return (
      <div className={styles.cover}>
        <QueryError size="card" what={title} error={source.error} onRetry={source.retry} />
      </div>
    );
  }
  if (!source.isEmpty) return null;
  return (
    <div className={styles.cover}>
      <EmptyState size="card" title="No samples in this time" description="The machine reported nothing for it." />
    </div>
  );
};

interface Figures {
  spec: ChartSpec;
  buffer: SeriesBuffer;
  fields: readonly string[];
  /** Place of the point under the pointer; null: the newest. */
  cursor: number | null;
}

/** Writes the legend's figures straight into the page: sixty times a second would be too often for React. */
const writeFigures = (legend: HTMLElement, { spec, buffer, fields, cursor }: Figures): void => {
  const clock = legend.parentElement?.querySelector('time');
  if (clock) clock.textContent = cursor === null ? '' : formatClock(buffer.at()[cursor] ?? Number.NaN);
  for (const cell of legend.querySelectorAll<HTMLElement>('[data-field]')) {
    const column = fields.indexOf(cell.dataset.field ?? '');
    const value = cursor === null ? buffer.latest(column) : (buffer.column(column)[cursor] ?? null);
    cell.textContent = FORMATS[spec.unit](value);
  }
};

const useDrawing = (
  host: RefObject<HTMLDivElement | null>,
  legend: RefObject<HTMLDListElement | null>,
  { spec, source, syncKey, onZoom, onReset }: TimeChartProps,
) => {
  const { buffer, fields, range } = source;
  const theme = useResolvedTheme();
  const { accent, fontSize } = usePreferences();
  const [failure, setFailure] = useState<unknown>(undefined);
  const currentRange = useEffectEvent(() => range);
  const zoom = useEffectEvent(onZoom);
  const reset = useEffectEvent(onReset);
  const isReady = source.status === 'ready' && !source.isEmpty;

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme, accent and font size change the tokens that the plot reads.
  useEffect(() => {
    const element = host.current;
    if (!isReady || element === null) return undefined;
    const columnOf = (field: string) => fields.indexOf(field);
    let plot: Plot | undefined;
    let isGone = false;
    let frame = 0;
    let cursor: number | null = null;

    const writeLegend = () => {
      if (legend.current !== null) writeFigures(legend.current, { spec, buffer, fields, cursor });
    };
    const draw = () => {
      frame = 0;
      plot?.update();
      writeLegend();
    };
    // requestAnimationFrame rests in a hidden tab, and with it the drawing.
    const ask = () => {
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    const begin = async () => {
      const { createPlot } = await import('./plot.ts');
      if (isGone) return;
      plot = createPlot({
        host: element,
        spec,
        buffer,
        columnOf,
        range: () => currentRange(),
        syncKey,
        onCursor: (index) => {
          cursor = index;
          writeLegend();
        },
        onZoom: (from, to) => zoom(from, to),
        onReset: () => reset(),
      });
      ask();
    };
    begin().catch(setFailure);
    const stop = buffer.subscribe(ask);
    const observer = new ResizeObserver(() => plot?.resize());
    observer.observe(element);
    return () => {
      isGone = true;
      stop();
      observer.disconnect();
      cancelAnimationFrame(frame);
      plot?.destroy();
    };
  }, [isReady, buffer, fields, spec, syncKey, host, legend, theme, accent, fontSize]);

  // The chunk did not arrive: the nearest error boundary says so and offers to load the page again.
  if (failure !== undefined) throw failure;
};
