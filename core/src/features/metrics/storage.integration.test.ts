import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { Database } from '../../lib/db/database.ts';
import { expireMetrics } from './expire.ts';
import { packHotSlots } from './pack.ts';
import { DAY_MS, HOUR_MS } from './rings.ts';
import { rollUpDueHours } from './roll-up.ts';
import { NOON, openTestMetrics, storeReadings } from './testing.ts';

const never = new AbortController().signal;
/** The beginning of the hour before the one that tests start in. */
const ELEVEN = Date.UTC(2026, 2, 1, 11);
const NOON_SHARP = ELEVEN + HOUR_MS;

function* every(stepMs: number, from: number, to: number, cpuAt: (at: number) => number) {
  for (let at = from; at < to; at += stepMs)
    yield { at, named: { cpuRatio: cpuAt(at), memUsedBytes: at % 7 === 0 ? null : 1024 * 500 } };
}
const iso = (at: number): string => new Date(at).toISOString();
const count = async (database: Database, table: string): Promise<number> => {
  const { rows } = await database.db.execute<{ count: string }>(sql.raw(`select count(*) as count from ${table}`));
  return Number(rows[0]?.count);
};
const sawtooth = (at: number): number => ((at / 5000) % 12) / 100;

test('packing empties the hot slots of past hours and changes no sample', async () => {
  await using context = await openTestMetrics();
  const { database, clock, nodeId, metrics } = context;
  const stored = await storeReadings(context, nodeId, every(5000, ELEVEN, NOON_SHARP + 20 * 60_000, sawtooth));
  const read = () =>
    metrics.hostSeries({
      nodeId,
      from: iso(ELEVEN),
      to: iso(ELEVEN + 2 * HOUR_MS),
      resolution: 'raw',
      fields: ['cpuRatio', 'memUsedBytes'],
    });
  const before = await read();
  expect(before.at).toHaveLength(stored);
  expect(await packHotSlots(context, never)).toBe(0);

  clock.advance(2 * HOUR_MS);
  expect(await packHotSlots(context, never)).toBe(1);
  expect(await count(database, 'metric_hot')).toBe(0);
  expect(await count(database, 'metric_raw')).toBe(Math.ceil(stored / 720));
  expect(await read()).toEqual(before);
  expect(await packHotSlots(context, never)).toBe(0);
});

test('a chart that is read while its samples are packed misses none and shows none twice', async () => {
  await using context = await openTestMetrics();
  const { clock, nodeId, metrics } = context;
  const stored = await storeReadings(context, nodeId, every(5000, ELEVEN, NOON_SHARP, sawtooth));
  clock.advance(2 * HOUR_MS);
  let isPacking = true;
  const packing = packHotSlots(context, never).finally(() => {
    isPacking = false;
  });
  const lengths = new Set<number>();
  do {
    const { at } = await metrics.hostSeries({
      nodeId,
      from: iso(ELEVEN),
      to: iso(NOON_SHARP),
      resolution: 'raw',
      fields: ['cpuRatio'],
    });
    lengths.add(at.length);
  } while (isPacking);
  await packing;
  expect([...lengths]).toEqual([stored]);
});

test('a packing run that is cut short leaves everything as it was', async () => {
  await using context = await openTestMetrics();
  const { database, clock, nodeId } = context;
  const stored = await storeReadings(context, nodeId, every(5000, ELEVEN, NOON_SHARP, sawtooth));
  clock.advance(2 * HOUR_MS);
  await expect(packHotSlots(context, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  expect(await count(database, 'metric_hot')).toBe(stored);
  expect(await count(database, 'metric_raw')).toBe(0);
});

test('a finished hour is rolled up once into minutes and ten minutes, as means and maxima', async () => {
  await using context = await openTestMetrics();
  const { database, nodeId, metrics } = context;
  await storeReadings(context, nodeId, every(5000, ELEVEN, NOON_SHARP, sawtooth));
  expect(await rollUpDueHours(context, never)).toBe(1);
  expect(await rollUpDueHours(context, never)).toBe(0);
  expect(await count(database, 'metric_dirty')).toBe(0);

  const range = { nodeId, from: iso(ELEVEN), to: iso(NOON_SHARP), fields: ['cpuRatio' as const] };
  const minutes = await metrics.hostSeries({ ...range, resolution: '1m' });
  expect(minutes.at).toHaveLength(60);
  expect(new Set(minutes.values.cpuRatio)).toEqual(new Set([0.055]));
  expect(new Set(minutes.max.cpuRatio)).toEqual(new Set([0.11]));
  const tens = await metrics.hostSeries({ ...range, resolution: '10m' });
  expect(tens.at).toEqual([0, 1, 2, 3, 4, 5].map((step) => ELEVEN + step * 600_000));
  expect(tens.values.cpuRatio).toEqual([0.055, 0.055, 0.055, 0.055, 0.055, 0.055]);
  expect(tens.max.cpuRatio).toEqual([0.11, 0.11, 0.11, 0.11, 0.11, 0.11]);
});

test('late samples have their hour rolled up again, packed or not, and other hours of the day stay', async () => {
  await using context = await openTestMetrics();
  const { clock, nodeId, metrics } = context;
  await storeReadings(
    context,
    nodeId,
    every(5000, ELEVEN, NOON_SHARP, () => 0.2),
  );
  await rollUpDueHours(context, never);
  clock.advance(3 * HOUR_MS);
  await packHotSlots(context, never);
  // Half of the hour before comes only now, from the spool of an agent that was cut off; and more of the same hour.
  await storeReadings(
    context,
    nodeId,
    every(5000, ELEVEN - HOUR_MS / 2, ELEVEN, () => 0.4),
  );
  await storeReadings(
    context,
    nodeId,
    every(5000, ELEVEN + 1, ELEVEN + 60_000, () => 0.6),
  );
  expect(await rollUpDueHours(context, never)).toBe(2);

  const range = { nodeId, from: iso(ELEVEN - HOUR_MS), to: iso(NOON_SHARP), fields: ['cpuRatio' as const] };
  const minutes = await metrics.hostSeries({ ...range, resolution: '1m' });
  expect(minutes.at).toHaveLength(90);
  expect(minutes.values.cpuRatio?.[0]).toBe(0.4);
  expect(minutes.values.cpuRatio?.[30]).toBe(0.4);
  expect(minutes.max.cpuRatio?.[30]).toBe(0.6);
  expect(minutes.values.cpuRatio?.[31]).toBe(0.2);
  const tens = await metrics.hostSeries({ ...range, resolution: '10m' });
  expect(tens.values.cpuRatio).toEqual([0.4, 0.4, 0.4, 0.22, 0.2, 0.2, 0.2, 0.2, 0.2]);
});

test('two roll-ups at once give the same rows as one', async () => {
  await using context = await openTestMetrics();
  const { nodeId, metrics } = context;
  await storeReadings(
    context,
    nodeId,
    every(5000, ELEVEN - 3 * HOUR_MS, NOON_SHARP, () => 0.3),
  );
  await Promise.all([rollUpDueHours(context, never), rollUpDueHours(context, never)]);
  const tens = await metrics.hostSeries({
    nodeId,
    from: iso(ELEVEN - 3 * HOUR_MS),
    to: iso(NOON_SHARP),
    resolution: '10m',
    fields: ['cpuRatio'],
  });
  expect(tens.values.cpuRatio).toEqual(Array.from({ length: 24 }, () => 0.3));
});

test('a day of minutes ends at this moment, not at the last roll-up', async () => {
  await using context = await openTestMetrics();
  const { nodeId, metrics } = context;
  await storeReadings(context, nodeId, every(5000, NOON.getTime() - DAY_MS, NOON.getTime(), sawtooth));
  await rollUpDueHours(context, never);
  const day = await metrics.hostSeries({
    nodeId,
    from: iso(NOON.getTime() - DAY_MS),
    to: NOON.toISOString(),
    fields: ['cpuRatio'],
  });
  expect(day.resolution).toBe('1m');
  expect(day.at).toHaveLength(24 * 60);
  expect(day.at.at(-1)).toBe(NOON.getTime() - 60_000);
  expect(new Set(day.values.cpuRatio)).toEqual(new Set([0.055]));
});

test('a hole in the samples is a gap, not a line', async () => {
  await using context = await openTestMetrics();
  const { nodeId, metrics } = context;
  await storeReadings(
    context,
    nodeId,
    every(5000, ELEVEN, ELEVEN + 60_000, () => 0.1),
  );
  await storeReadings(
    context,
    nodeId,
    every(5000, ELEVEN + 600_000, ELEVEN + 660_000, () => 0.2),
  );
  const raw = await metrics.hostSeries({ nodeId, from: iso(ELEVEN), to: iso(NOON_SHARP), fields: ['cpuRatio'] });
  expect(raw.at).toHaveLength(25);
  expect(raw.values.cpuRatio?.[12]).toBeNull();
  expect(raw.at[12]).toBeGreaterThan(raw.at[11] ?? 0);
  expect(raw.at[12]).toBeLessThan(raw.at[13] ?? 0);
});

test('no range gives more than 2,000 points', async () => {
  await using context = await openTestMetrics();
  const { nodeId, metrics } = context;
  await storeReadings(context, nodeId, every(5000, NOON.getTime() - 40 * HOUR_MS, NOON.getTime(), sawtooth));
  await rollUpDueHours(context, never);
  for (const resolution of ['raw', '1m', '10m', undefined] as const) {
    for (const hours of [6, 40, 24 * 30, 24 * 400]) {
      const series = await metrics.hostSeries({
        nodeId,
        from: iso(NOON.getTime() - hours * HOUR_MS),
        to: NOON.toISOString(),
        ...(resolution && { resolution }),
        fields: ['cpuRatio'],
      });
      expect(series.at.length).toBeGreaterThan(1);
      expect(series.at.length).toBeLessThanOrEqual(2000);
      expect(series.values.cpuRatio).toHaveLength(series.at.length);
    }
  }
});

test('sparks are sixty one-minute means, with gaps where nothing is known', async () => {
  await using context = await openTestMetrics();
  const { nodeId, metrics } = context;
  const halfHour = NOON.getTime() - 30 * 60_000;
  const readings = [...every(5000, halfHour, NOON.getTime(), () => 0.25)].map(({ at, named }) => ({
    at,
    named: { ...named, memUsedBytes: 512 * 1024, memTotalBytes: 1024 * 1024 },
  }));
  await storeReadings(context, nodeId, readings);
  const [spark] = await metrics.sparks([nodeId]);
  expect(spark?.cpu).toHaveLength(60);
  expect(spark?.cpu.slice(0, 29)).toEqual(Array.from({ length: 29 }, () => null));
  expect(spark?.cpu.slice(29, 59)).toEqual(Array.from({ length: 30 }, () => 0.25));
  expect(spark?.memory.at(-2)).toBe(0.5);
});

test('expiry empties the slots that hold nothing kept, and only those', async () => {
  await using context = await openTestMetrics();
  const { database, clock, nodeId, metrics } = context;
  await storeReadings(context, nodeId, every(5000, ELEVEN, NOON_SHARP, sawtooth));
  await rollUpDueHours(context, never);
  clock.advance(2 * HOUR_MS);
  await packHotSlots(context, never);
  const sizes = async () => [
    await count(database, 'metric_raw'),
    await count(database, 'metric_1m'),
    await count(database, 'metric_10m'),
  ];
  clock.advance(46 * HOUR_MS);
  await expireMetrics(context, never);
  expect(await sizes()).toEqual([1, 1, 1]);
  clock.advance(DAY_MS);
  await expireMetrics(context, never);
  expect(await sizes()).toEqual([0, 1, 1]);
  clock.advance(28 * DAY_MS);
  await expireMetrics(context, never);
  expect(await sizes()).toEqual([0, 1, 1]);
  clock.advance(8 * DAY_MS);
  await expireMetrics(context, never);
  expect(await sizes()).toEqual([0, 0, 1]);
  const old = await metrics.hostSeries({ nodeId, from: iso(ELEVEN), to: iso(NOON_SHARP), fields: ['cpuRatio'] });
  expect(old).toMatchObject({ resolution: '10m', values: { cpuRatio: [0.055, 0.055, 0.055, 0.055, 0.055, 0.055] } });
  clock.advance(396 * DAY_MS);
  await expireMetrics(context, never);
  expect(await sizes()).toEqual([0, 0, 0]);
});

test('the program can empty no table but a slot of a metric ring', async () => {
  await using context = await openTestMetrics();
  for (const name of ['nodes', 'audit_events', 'metric_raw', 'metric_raw_1; DROP TABLE nodes', 'metric_series']) {
    await expect(context.database.db.execute(sql`select empty_metric_slot(${name})`)).rejects.toThrow('is not a slot');
  }
});
