import { Card } from '../../ui/Card.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import kpi from './KpiRow.module.css';
import styles from './OverviewPage.module.css';

const TILES = ['nodes', 'containers', 'cpu', 'memory', 'disk'];

/** The page in its real measures while the first answer is on its way. */
export const OverviewSkeleton = () => (
  <div className={styles.page} aria-busy="true" role="status" aria-label="Loading the overview">
    <div className={kpi.row}>
      {TILES.map((tile) => (
        <div key={tile}>
          <Skeleton shape="block" height={132} />
        </div>
      ))}
    </div>
    <div className={styles.columns}>
      <div className={styles.main}>
        <Card>
          <Skeleton shape="block" height={480} />
        </Card>
      </div>
      <div className={styles.side}>
        <Card>
          <Skeleton shape="block" height={120} />
        </Card>
        <Card>
          <Skeleton shape="block" height={300} />
        </Card>
      </div>
    </div>
  </div>
);
