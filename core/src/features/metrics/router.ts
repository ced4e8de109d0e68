import { ContainerSeriesInput, HostSeriesInput, Series } from '@serverbox/contract/series';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { MetricsService } from './service.ts';

export const createMetricsRouter = (procedures: Procedures, metrics: MetricsService) =>
  router({
    host: procedures
      .read({
        permission: 'metrics.read',
        scope: 'node',
        input: HostSeriesInput,
        output: Series,
        rest: { method: 'GET', path: '/api/nodes/{nodeId}/metrics', summary: 'Measurements of a host over time' },
      })
      .query(({ input }) => metrics.hostSeries(input)),
    container: procedures
      .read({
        permission: 'metrics.read',
        scope: 'node',
        input: ContainerSeriesInput,
        output: Series,
        rest: {
          method: 'GET',
          path: '/api/nodes/{nodeId}/containers/{containerId}/metrics',
          summary: 'Measurements of a container over time',
        },
      })
      .query(({ input }) => metrics.containerSeries(input)),
  });
