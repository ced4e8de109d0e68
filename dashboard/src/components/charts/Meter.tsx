import { formatPercent } from '../../lib/format.ts';
import { levelOf } from './level.ts';
import styles from './Meter.module.css';

interface Props {
  label: string;
  /** 0 to 1; null: not known. */
  ratio: number | null;
  /** What stands beside the percentage: "3.1 of 7.7 GiB". */
  detail?: string | undefined;
  isLabelVisible?: boolean | undefined;
}

/** A bar with its figure. Colour follows how full it is, the figure says the same in words. */
export const Meter = ({ label, ratio, detail, isLabelVisible = false }: Props) => (
  <div className={styles.meter} data-level={levelOf(ratio)} data-tooltip={detail}>
    {isLabelVisible && (
      <div className={styles.words}>
        <span>{label}</span>
        {detail !== undefined && <span className={styles.detail}>{detail}</span>}
      </div>
    )}
    <div className={styles.line}>
      {/* biome-ignore lint/a11y/useSemanticElements: browsers draw <meter> each in their own way and let it be styled hardly. */}
      <span
        className={styles.track}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={ratio === null ? 0 : Math.round(ratio * 100)}
        aria-valuetext={`${formatPercent(ratio)}${detail === undefined ? '' : `, ${detail}`}`}
      >
        <span className={styles.fill} style={{ transform: `scaleX(${Math.min(1, Math.max(0, ratio ?? 0))})` }} />
      </span>
      <span className={styles.figure}>{formatPercent(ratio, 0)}</span>
    </div>
  </div>
);
