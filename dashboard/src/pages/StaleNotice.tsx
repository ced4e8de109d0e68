import { toProblem } from '../lib/errors.ts';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import styles from './StaleNotice.module.css';

interface Props {
  /** A query that may have failed after it had once succeeded. */
  query: { error: unknown; dataUpdatedAt: number };
}

/** Says that what is on screen is what was known before, and since when. Nothing while the last reading succeeded. */
export const StaleNotice = ({ query: { error, dataUpdatedAt } }: Props) => {
  if (error === null || dataUpdatedAt === 0) return null;
  return (
    <p className={styles.notice} role="status">
      {toProblem(error).message} What you see is from <RelativeTime at={dataUpdatedAt} />.
    </p>
  );
};
