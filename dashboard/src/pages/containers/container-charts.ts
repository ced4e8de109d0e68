import type { ContainerField } from '@serverbox/contract/metrics';
import type { ChartSpec } from '../../components/charts/chart-spec.ts';

export const CONTAINER_CHART_FIELDS = [
  'cpuCores',
  'memUsedBytes',
  'memLimitBytes',
  'netRxBytesPerSecond',
  'netTxBytesPerSecond',
  'blockReadBytesPerSecond',
  'blockWriteBytesPerSecond',
] as const satisfies readonly ContainerField[];

export const CONTAINER_CHARTS: readonly ChartSpec<ContainerField>[] = [
  {
    title: 'CPU cores',
    unit: 'cores',
    lines: [{ field: 'cpuCores', label: 'Busy', color: '--chart-1', isFilled: true }],
  },
  {
    title: 'Memory',
    unit: 'bytes',
    limitField: 'memLimitBytes',
    lines: [{ field: 'memUsedBytes', label: 'Used', color: '--chart-2', isFilled: true }],
  },
  {
    title: 'Network',
    unit: 'bytesPerSecond',
    lines: [
      { field: 'netRxBytesPerSecond', label: 'Received', color: '--chart-3', isFilled: true },
      { field: 'netTxBytesPerSecond', label: 'Sent', color: '--chart-6' },
    ],
  },
  {
    title: 'Disk I/O',
    unit: 'bytesPerSecond',
    lines: [
      { field: 'blockReadBytesPerSecond', label: 'Read', color: '--chart-7', isFilled: true },
      { field: 'blockWriteBytesPerSecond', label: 'Written', color: '--chart-4' },
    ],
  },
];
