import type { Resolution } from '@serverbox/contract/series';
import { ZoomOut } from 'lucide-react';
import { useNow } from '../../hooks/use-now.ts';
import { formatClock } from '../../lib/format.ts';
import { Button } from '../../ui/Button.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import styles from './RangePicker.module.css';
import type { RangeKey } from './range.ts';
import { RANGE_KEYS, RANGE_LABELS } from './range.ts';
import type { SeriesSource } from './use-series.ts';

const OPTIONS = RANGE_KEYS.map((value) => ({ value, label: RANGE_LABELS[value] }));
const RESOLUTION_WORDS: Record<Resolution, string> = {
  raw: 'every sample',
  '1m': 'means of 1 minute',
  '10m': 'means of 10 minutes',
};

/** Samples come every five seconds at the latest; means a little after their minute has passed. */
const LATE_MS: Record<Resolution, number> = { raw: 30_000, '1m': 5 * 60_000, '10m': 30 * 60_000 };
const CLOCK_MS = 10_000;

/** How finely the core answered, or since when nothing has come. */
const Freshness = ({ source: { buffer, range, resolution } }: { source: SeriesSource }) => {
  const now = useNow(CLOCK_MS);
  const lastAtMs = buffer.lastAtMs();
  if (resolution === undefined) return null;
  if (range.kind === 'last' && lastAtMs !== undefined && now.getTime() - lastAtMs > LATE_MS[resolution]) {
    return (
      <span className={styles.late} role="status">
        Last sample <RelativeTime at={lastAtMs} />
      </span>
    );
  }
  return <span className={styles.resolution}>Shows {RESOLUTION_WORDS[resolution]}</span>;
};

interface Props {
  source: SeriesSource;
  onPick(key: RangeKey): void;
  /** Back from a zoom to the moving range. */
  onReset(): void;
}

/** Chooses the stretch of time of all charts on a page and says how finely the core answered. */
export const RangePicker = ({ source, onPick, onReset }: Props) => (
  <div className={styles.picker}>
    <Freshness source={source} />
    {source.range.kind === 'between' ? (
      <Button size="sm" icon={ZoomOut} onClick={onReset}>
        {formatClock(source.range.fromMs)} – {formatClock(source.range.toMs)}
      </Button>
    ) : (
      <Segmented label="Time range" size="sm" value={source.range.key} onChange={onPick} options={OPTIONS} />
    )}
  </div>
);
