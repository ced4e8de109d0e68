import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { NOON, openTestMetrics } from './testing.ts';

const EVERY_MS = 5000;
const DAY_MS = 86_400_000;
const SAMPLES = DAY_MS / EVERY_MS;

test('a day without the core is stored afterwards, each sample once, and shown in charts', {
  timeout: 120_000,
}, async () => {
  await using context = await openTestMetrics();
  const at = (seq: number) => new Date(NOON.getTime() - DAY_MS + seq * EVERY_MS);
  // Half of it is acknowledged; the other half was, too, but the agent did not hear of it and sends it again.
  const first = context.connect();
  first.hello();
  for (let seq = 1; seq <= SAMPLES; seq += 1) first.host(seq, at(seq), { cpuRatio: (seq % 100) / 100 });
  await first.acked(SAMPLES);
  first.close();
  await first.ended;
  const second = context.connect({ epoch: first.epoch });
  second.hello();
  for (let seq = SAMPLES / 2; seq <= SAMPLES; seq += 1) second.host(seq, at(seq), { cpuRatio: 1 });
  await second.acked(SAMPLES);
  const { rows } = await context.database.db.execute<{ count: string }>(sql`select count(*) as count from metric_hot`);
  expect(Number(rows[0]?.count)).toBe(SAMPLES);

  const { nodeId, metrics } = context;
  const range = { from: at(0).toISOString(), to: at(SAMPLES + 1).toISOString() };
  for (const resolution of ['raw', '1m', '10m'] as const) {
    const series = await metrics.hostSeries({ nodeId, ...range, fields: ['cpuRatio'], resolution });
    const [begin = 0, end = 0] = [series.at[0], series.at.at(-1)];
    expect(end - begin, resolution).toBeGreaterThan(DAY_MS - 1_200_000);
    expect(series.values.cpuRatio?.filter((value) => value === null)).toEqual([]);
  }
});
