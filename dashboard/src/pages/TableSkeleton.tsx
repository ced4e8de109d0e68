import { Skeleton } from '../ui/Skeleton.tsx';
import styles from './TableSkeleton.module.css';

const ROWS = ['1', '2', '3', '4', '5', '6'];

/** A list in its real measures while it is on its way. */
export const TableSkeleton = ({ label }: { label: string }) => (
  <div className={styles.list} aria-busy="true" role="status" aria-label={label}>
    <Skeleton shape="block" height={34} width="min(100%, 420px)" />
    {ROWS.map((row) => (
      <Skeleton key={row} shape="block" height={44} />
    ))}
  </div>
);
