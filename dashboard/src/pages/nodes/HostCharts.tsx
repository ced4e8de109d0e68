import type { NodeId } from '@serverbox/contract/ids';
import type { ReactNode } from 'react';
import { RangePicker } from '../../components/charts/RangePicker.tsx';
import type { RangeKey } from '../../components/charts/range.ts';
import { TimeChart } from '../../components/charts/TimeChart.tsx';
import { useRange } from '../../components/charts/use-range.ts';
import { useHostSeries } from '../../components/charts/use-series.ts';
import { Card } from '../../ui/Card.tsx';
import styles from './HostCharts.module.css';
import { CHART_FIELDS, HOST_CHARTS } from './host-charts.ts';

interface Props {
  nodeId: NodeId;
  title: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  defaultRange: RangeKey;
}

/** The four live charts of a node on one time axis: one request for all, one cursor over all. */
export const HostCharts = ({ nodeId, title, description, actions, defaultRange }: Props) => {
  const { range, pick, zoom, reset } = useRange(defaultRange);
  const source = useHostSeries(nodeId, CHART_FIELDS, range);
  return (
    <Card
      title={title}
      description={description}
      actions={
        <div className={styles.actions}>
          {actions}
          <RangePicker source={source} onPick={pick} onReset={reset} />
        </div>
      }
    >
      <div className={styles.grid}>
        {HOST_CHARTS.map((spec) => (
          <TimeChart key={spec.title} spec={spec} source={source} syncKey={nodeId} onZoom={zoom} onReset={reset} />
        ))}
      </div>
    </Card>
  );
};
