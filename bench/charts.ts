/** How soon a chart's points are there, when a month has been kept. */
import type { Bench } from './lib/bench.ts';
import { openDataDir } from './lib/data-dir.ts';
import { startProgram } from './lib/program.ts';
import type { ChartTimes } from './storage/store-program.ts';

const PROGRAM = import.meta.resolve('./storage/store-program.ts');

export const charts: Bench = {
  id: 'charts',
  title: 'Metrics: charts',
  run: async ({ isQuick, say }) => {
    const dataDir = await openDataDir();
    try {
      const program = await startProgram(PROGRAM, `${dataDir.path}/data`);
      try {
        const days = isQuick ? 2 : 30;
        say(`keeping ${days} days`);
        const times = await program.ask<ChartTimes>('measureCharts', {
          nodeCount: 3,
          days,
          queries: isQuick ? 50 : 300,
        });
        return [
          {
            id: 'I4',
            what: 'chart of 24 h, four fields, p99',
            unit: 'ms',
            better: 'lower',
            ours: times.day.p99,
            limit: { name: 'fetching its blocks only', value: times.dayFetch.p99 },
            goal: { absolute: 10 },
            note: `p50 ${times.day.p50.toFixed(1)} ms, ${times.dayPoints} points`,
          },
          {
            id: 'I4m',
            what: `chart of ${days} days, four fields, p99`,
            unit: 'ms',
            better: 'lower',
            ours: times.month.p99,
            goal: { absolute: 25 },
            note: `p50 ${times.month.p50.toFixed(1)} ms, ${times.monthPoints} points`,
          },
        ];
      } finally {
        await program.stop();
      }
    } finally {
      await dataDir.remove();
    }
  },
};
