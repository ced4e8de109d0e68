import type { Resolution } from '@serverbox/contract/series';
import { ZoomOut } from 'lucide-react';
import { formatClock } from '../../lib/format.ts';
import { Button } from '../../ui/Button.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import styles from './RangePicker.module.css';
import type { RangeKey, TimeRange } from './range.ts';
import { RANGE_KEYS, RANGE_LABELS } from './range.ts';

const OPTIONS = RANGE_KEYS.map((value) => ({ value, label: RANGE_LABELS[value] }));
const RESOLUTION_WORDS: Record<Resolution, string> = {
  raw: 'every sample',
  '1m': 'means of 1 minute',
  '10m': 'means of 10 minutes',
};

interface Props {
  range: TimeRange;
  resolution: Resolution | undefined;
  onPick(key: RangeKey): void;
  /** Back from a zoom to the moving range. */
  onReset(): void;
}

/** Chooses the stretch of time of all charts on a page and says how finely the core answered. */
export const RangePicker = ({ range, resolution, onPick, onReset }: Props) => (
  <div className={styles.picker}>
    {resolution !== undefined && <span className={styles.resolution}>Shows {RESOLUTION_WORDS[resolution]}</span>}
    {range.kind === 'between' ? (
      <Button size="sm" icon={ZoomOut} onClick={onReset}>
        {formatClock(range.fromMs)} – {formatClock(range.toMs)}
      </Button>
    ) : (
      <Segmented label="Time range" size="sm" value={range.key} onChange={onPick} options={OPTIONS} />
    )}
  </div>
);
