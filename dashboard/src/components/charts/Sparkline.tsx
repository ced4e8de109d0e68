import styles from './Sparkline.module.css';
import { sparkPaths } from './spark-path.ts';

const WIDTH = 100;
const HEIGHT = 28;

interface Props {
  /** Oldest first; null is a gap. */
  values: readonly (number | null)[];
  /** What reaches the top; the largest value when absent. */
  max?: number | undefined;
  /** What it shows, for those who do not see it: "CPU of web-1, last hour". */
  label: string;
  color?: 'cpu' | 'memory' | 'disk' | 'network' | undefined;
}

/** A line of the size of a word: the shape of the last hour, without axes. Stretches to the width of its place. */
export const Sparkline = ({ values, max, label, color = 'cpu' }: Props) => {
  const { line, area } = sparkPaths(values, { width: WIDTH, height: HEIGHT, max });
  return (
    <svg
      className={styles.spark}
      data-color={color}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path className={styles.area} d={area} />
      <path className={styles.line} d={line} />
    </svg>
  );
};
