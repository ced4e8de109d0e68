import type { ContainerDetail } from '@serverbox/contract/containers';
import { RangePicker } from '../../components/charts/RangePicker.tsx';
import { TimeChart } from '../../components/charts/TimeChart.tsx';
import { useRange } from '../../components/charts/use-range.ts';
import { useContainerSeries } from '../../components/charts/use-series.ts';
import { Card } from '../../ui/Card.tsx';
import styles from './ContainerPage.module.css';
import { CONTAINER_CHART_FIELDS, CONTAINER_CHARTS } from './container-charts.ts';

export const ContainerStats = ({ detail }: { detail: ContainerDetail }) => {
  const { range, pick, zoom, reset } = useRange('5m');
  const target = { nodeId: detail.nodeId, containerId: detail.id };
  const source = useContainerSeries(target, CONTAINER_CHART_FIELDS, range);
  return (
    <Card
      title="Live"
      description={detail.state === 'running' ? undefined : 'The container does not run: these are its last figures.'}
      actions={<RangePicker source={source} onPick={pick} onReset={reset} />}
    >
      <div className={styles.charts}>
        {CONTAINER_CHARTS.map((spec) => (
          <TimeChart key={spec.title} spec={spec} source={source} syncKey={detail.id} onZoom={zoom} onReset={reset} />
        ))}
      </div>
    </Card>
  );
};
