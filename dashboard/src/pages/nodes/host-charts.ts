import type { HostField } from '@serverbox/contract/metrics';
import type { ChartSpec } from '../../components/charts/chart-spec.ts';

/** Every figure that the four charts of a node need, read in one request. */
export const CHART_FIELDS = [
  'cpuRatio',
  'cpuSystemRatio',
  'cpuIowaitRatio',
  'memTotalBytes',
  'memUsedBytes',
  'memCachedBytes',
  'swapUsedBytes',
  'diskReadBytesPerSecond',
  'diskWriteBytesPerSecond',
  'netRxBytesPerSecond',
  'netTxBytesPerSecond',
] as const satisfies readonly HostField[];

export const HOST_CHARTS: readonly ChartSpec<HostField>[] = [
  {
    title: 'CPU',
    unit: 'ratio',
    lines: [
      { field: 'cpuRatio', label: 'Busy', color: '--chart-1', isFilled: true },
      { field: 'cpuSystemRatio', label: 'System', color: '--chart-5' },
      { field: 'cpuIowaitRatio', label: 'I/O wait', color: '--chart-4' },
    ],
  },
  {
    title: 'Memory',
    unit: 'bytes',
    limitField: 'memTotalBytes',
    lines: [
      { field: 'memUsedBytes', label: 'Used', color: '--chart-2', isFilled: true },
      { field: 'memCachedBytes', label: 'Cache', color: '--chart-7' },
      { field: 'swapUsedBytes', label: 'Swap', color: '--chart-5' },
    ],
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
      { field: 'diskReadBytesPerSecond', label: 'Read', color: '--chart-7', isFilled: true },
      { field: 'diskWriteBytesPerSecond', label: 'Written', color: '--chart-4' },
    ],
  },
];
