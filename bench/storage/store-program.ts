/** The metrics store alone, with time that runs as fast as rows go in. argv: data directory. */
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import { createMetrics } from '../../core/src/features/metrics/service.ts';
import { silentLog as log } from '../../core/src/lib/log.ts';
import { serve } from '../lib/serve.ts';
import type { Summary } from '../lib/statistics.ts';
import { summarize } from '../lib/statistics.ts';
import { openStore } from '../lib/store.ts';
import { readRecording } from './recording.ts';
import { HOUR_MS, openRings, STEP_MS } from './rings.ts';

const [dataDir = ''] = process.argv.slice(2);
const store = await openStore(dataDir);
const { database } = store;
const recording = readRecording();

const sizeOf = (table: string): Promise<number> =>
  database.withOwner(async (client) => {
    await client.query(`VACUUM ${table}`);
    const { rows } = await client.query<{ bytes: string }>(
      'SELECT sum(pg_total_relation_size(relid)) AS bytes FROM pg_partition_tree($1::regclass)',
      [table],
    );
    return Number(rows[0]?.bytes);
  });

export interface StorageSizes {
  samples: number;
  valuesPerSample: number;
  hotBytes: number;
  rawBytes: number;
  minuteBytes: number;
}

const START_AT = new Date('2026-03-01T00:00:00Z');
/** The running hour and the one before stay unpacked. */
const HOURS_UNTIL_PACKED = 2;

/** Fills one hour at a time and packs it; the last hour is measured as wide rows before it is packed. */
const measureSizes = async ({ nodeCount, hours }: { nodeCount: number; hours: number }): Promise<StorageSizes> => {
  const rings = await openRings(database, recording, START_AT, nodeCount);
  const emptyRaw = await sizeOf('metric_raw');
  const emptyHot = await sizeOf('metric_hot');
  const emptyMinutes = await sizeOf('metric_1m');
  await rings.storeHour();
  const hotBytes = ((await sizeOf('metric_hot')) - emptyHot) * hours;
  for (let hour = 1; hour < hours; hour += 1) {
    await rings.storeHour();
    await rings.keepHouse();
  }
  rings.clock.advance(HOURS_UNTIL_PACKED * HOUR_MS);
  await rings.keepHouse();
  return {
    samples: (nodeCount * hours * HOUR_MS) / STEP_MS,
    valuesPerSample: HOST_FIELDS.length,
    hotBytes,
    rawBytes: (await sizeOf('metric_raw')) - emptyRaw,
    minuteBytes: (await sizeOf('metric_1m')) - emptyMinutes,
  };
};

const DAY_MS = 24 * HOUR_MS;
const CHART_FIELDS = ['cpuRatio', 'cpuUserRatio', 'cpuSystemRatio', 'cpuIowaitRatio'] as const;

export interface ChartTimes {
  day: Summary;
  month: Summary;
  /** Only fetching the blocks that the day's chart is made of. */
  dayFetch: Summary;
  dayPoints: number;
  monthPoints: number;
}

/** Charts of one node among several, when so many days have been kept. */
const measureCharts = async ({
  nodeCount,
  days,
  queries,
}: {
  nodeCount: number;
  days: number;
  queries: number;
}): Promise<ChartTimes> => {
  const rings = await openRings(database, recording, START_AT, nodeCount);
  for (let hour = 0; hour < days * 24; hour += 1) {
    await rings.storeHour();
    await rings.keepHouse();
  }
  // In the middle of an hour, so that every chart ends with rows that are not rolled up yet.
  await rings.storeHour();
  await database.withOwner((client) => client.query('ANALYZE'));
  const metrics = createMetrics({ database, clock: rings.clock, log, onHello: async () => undefined });
  const to = rings.clock.now();
  const chart = (spanMs: number, index: number) =>
    metrics.hostSeries({
      nodeId: rings.nodeIds[index % nodeCount] as never,
      from: new Date(to.getTime() - spanMs).toISOString(),
      to: to.toISOString(),
      fields: [...CHART_FIELDS],
    });
  const fetch = (index: number) =>
    database.withClient((client) =>
      client.query({
        name: 'bench_fetch',
        text: `SELECT m.body FROM metric_1m m JOIN metric_series s ON s.id = m.series_id
               WHERE s.node_id = $1 AND m.from_at > $2 AND m.from_at < $3 ORDER BY m.from_at`,
        values: [rings.nodeIds[index % nodeCount], new Date(to.getTime() - DAY_MS), to],
      }),
    );
  const time = async (work: (index: number) => Promise<unknown>): Promise<Summary> => {
    const times: number[] = [];
    for (let index = 0; index < nodeCount; index += 1) await work(index);
    for (let index = 0; index < queries; index += 1) {
      const startedAt = performance.now();
      await work(index);
      times.push(performance.now() - startedAt);
    }
    return summarize(times);
  };
  const day = await time((index) => chart(DAY_MS, index));
  const dayFetch = await time(fetch);
  const month = await time((index) => chart(days * DAY_MS, index));
  const [dayPoints, monthPoints] = [(await chart(DAY_MS, 0)).at.length, (await chart(days * DAY_MS, 0)).at.length];
  await metrics.close();
  return { day, dayFetch, month, dayPoints, monthPoints };
};

serve({ measureSizes, measureCharts }, store.close);
