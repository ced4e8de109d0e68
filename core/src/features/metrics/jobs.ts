/** The housekeeping of the metrics store. The rows are the record of what is to be done, so the payloads are empty. */
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import type { JobDefinition, JobHandler } from '../../lib/queue/job.ts';
import { defineJob, handleJob } from '../../lib/queue/job.ts';
import type { Schedule } from '../../lib/queue/queue.ts';
import { expireMetrics } from './expire.ts';
import { packHotSlots } from './pack.ts';
import { rollUpDueHours } from './roll-up.ts';

const Nothing = z.strictObject({});
type Nothing = z.infer<typeof Nothing>;

const define = (name: string) =>
  defineJob({ name, payload: Nothing, attempts: 3, deadlineMs: 15 * 60_000, load: 'heavy' });

const packMetrics = define('metrics.pack');
const rollUpMetrics = define('metrics.roll_up');
const expireOldMetrics = define('metrics.expire');

/** When each runs, in UTC: the hour is over a minute after it ends; packing comes when its roll-up is done. */
export const METRIC_SCHEDULES: readonly {
  id: string;
  job: JobDefinition<Nothing>;
  schedule: Schedule;
  payload: Nothing;
}[] = [
  { id: 'metrics.roll_up', job: rollUpMetrics, schedule: { pattern: '* * * * *' }, payload: {} },
  { id: 'metrics.pack', job: packMetrics, schedule: { pattern: '6 * * * *' }, payload: {} },
  { id: 'metrics.expire', job: expireOldMetrics, schedule: { pattern: '16 * * * *' }, payload: {} },
];

export const createMetricJobs = (deps: { database: Database; clock: Clock }): JobHandler[] => [
  handleJob(rollUpMetrics, async ({ signal, log }) => {
    const seriesHours = await rollUpDueHours(deps, signal);
    if (seriesHours > 0) log.info('metrics rolled up', { seriesHours });
  }),
  handleJob(packMetrics, async ({ signal, log }) => {
    const slots = await packHotSlots(deps, signal);
    if (slots > 0) log.info('metrics packed', { slots });
  }),
  handleJob(expireOldMetrics, ({ signal }) => expireMetrics(deps, signal)),
];
